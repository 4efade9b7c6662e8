"""Faults on purpose, under load, with a sender that repeats as Shopify does: what is lost, when all is well."""
