"""How alembic meets our tables. The connection comes from postil.migrate, or from -x url=… on the command line."""

from alembic import context
from sqlalchemy import Connection, create_engine, pool
from sqlmodel import SQLModel

from postil.models import tell_postgresql


def run(connection: Connection) -> None:
    tell_postgresql()
    # SQLite cannot alter most things in place; batch mode copies the table.
    context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    url = context.get_x_argument(as_dictionary=True).get("url", "sqlite:///postil-data/postil.db")
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        run(connection)


main()
