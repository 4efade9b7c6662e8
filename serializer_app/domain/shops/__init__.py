"""Installations, settings, tokens, renames."""
