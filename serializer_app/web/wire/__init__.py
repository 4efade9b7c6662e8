"""Models of what comes in and functions for what goes out."""
