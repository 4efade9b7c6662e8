"""Alembic's entry: runs on the connection that serializer_app.store.migrate hands in."""

from alembic import context

from serializer_app.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=False,
    # On PostgreSQL a lock is held for one migration and not for all; SQLite's run in a transaction around everything.
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
