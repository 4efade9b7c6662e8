"""Files that buyers send: checked by content, stripped of metadata, kept encrypted in pieces."""
