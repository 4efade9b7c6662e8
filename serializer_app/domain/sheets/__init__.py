"""Spreadsheet files read and written. Pure."""
