"""What people scan and type, read without a database: links, GS1 codes, item IDs, other keyboard layouts. Pure."""
