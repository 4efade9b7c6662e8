"""Orders: snapshots, lines, deletions, backfill."""
