"""Keeping Shopify and us the same."""
