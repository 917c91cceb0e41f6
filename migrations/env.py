"""Alembic's entry: runs the migrations on the URL that app.db.upgrade hands over."""

from alembic import context

from app.db import make_engine
from app.tables import Table

engine = make_engine(context.config.attributes["url"])
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
