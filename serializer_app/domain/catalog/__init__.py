"""Variants and experiences: what the shop sells, and how its units are tracked."""
