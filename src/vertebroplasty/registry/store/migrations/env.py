"""Runs the migrations on the connection that the registry hands over; its transaction decides whether they stay."""

from alembic import context

from vertebroplasty.registry.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=connection.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()
