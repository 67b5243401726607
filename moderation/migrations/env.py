"""Alembic's entry: runs migrations on the engine that `config_for` hands over."""

from alembic import context

from moderation.db import Base
from moderation.models import Comment

assert Comment.metadata is Base.metadata  # importing the models filled the metadata

with context.config.attributes["engine"].connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        # Our engine emits BEGIN itself, so a migration is one transaction on SQLite too.
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
