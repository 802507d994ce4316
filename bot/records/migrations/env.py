"""Run by alembic for each migration; the connection comes from `bot.records.database`."""

from __future__ import annotations

from alembic import context

from bot.records.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,  # SQLite cannot alter a table in place
)
with context.begin_transaction():
    context.run_migrations()
