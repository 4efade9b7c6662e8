"""Data requests, redaction and the erasure of shops."""
