"""What is kept: tables, transactions, the outbox, encryption."""
