"""Tests of the pretend shop: it must behave as platform.md says that Shopify does."""
