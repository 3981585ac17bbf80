"""The version of a registry's tables, and the way from one version to another."""

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["NEWEST", "migrate", "step_back", "version_of"]

NEWEST = "0002"
"""The version of the tables that this program knows; four digits, so that versions compare as words."""
MARK = "alembic_version"
FOLDER = Path(__file__).parent / "migrations"


def version_of(connection: sa.Connection) -> str | None:
    """The version of the tables, or none if this is no registry."""
    present = sa.inspect(connection)
    if not all(present.has_table(name) for name in (MARK, "journal", "journal_head")):
        return None
    return connection.scalar(sa.text(f"SELECT version_num FROM {MARK}"))


def settings(connection: sa.Connection) -> "Config":
    """What Alembic needs: where the versions are, and the connection to work on."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(connection: sa.Connection, to: str) -> None:
    """Bring the tables up, within the transaction of the connection."""
    from alembic import command

    command.upgrade(settings(connection), to)


def step_back(connection: sa.Connection, to: str) -> None:
    """Take the tables back to an earlier version; `base` removes them all."""
    from alembic import command

    command.downgrade(settings(connection), to)
