"""Data of another app under our metafield keys: found, kept, adopted or declined (contract §8)."""
