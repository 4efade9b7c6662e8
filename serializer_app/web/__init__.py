"""The doors: who may come in, and what the answers look like."""
