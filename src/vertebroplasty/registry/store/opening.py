"""Opening a registry by its address: a file, or a PostgreSQL server."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from vertebroplasty.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

    from vertebroplasty.registry.store.registry import Registry

__all__ = ["open_registry", "upgrade_registry"]


def need(module: str, extra: str) -> None:
    """Refuse where an optional package is not installed."""
    if find_spec(module) is None:
        raise Refused(f"The registry needs {module}: pip install vertebroplasty[{extra}].", where=module)


def open_registry(
    url: str, *, create: bool = False, fill: "Callable[[sa.Connection], None] | None" = None
) -> "Registry":
    """Open a registry, or make a new one.

    Args:
        url: `file.db`, `sqlite:///file.db` or `postgresql://user:password@host/database`.
        create: make a new registry; without it the registry has to be there.
        fill: fills a new registry in the same transaction; by default with the department's own empty series.

    Raises:
        Refused: there is no such file or server, it is no registry, its tables are newer or older than this program,
            or `create` finds something in its place; or an extra is not installed.
    """
    need("sqlalchemy", "registry")
    need("alembic", "registry")
    from vertebroplasty.registry.store.address import parse_address
    from vertebroplasty.registry.store.database import connect, make, with_own_series
    from vertebroplasty.registry.store.registry import Registry

    address = parse_address(url)
    if address.is_server:
        need("psycopg", "postgres")
    if create:
        make(address, fill or with_own_series)
    return Registry(connect(address), name=address.name)


def upgrade_registry(url: str) -> tuple[str, str]:
    """Bring the tables of an older registry up to this program; back it up first.

    Returns:
        The version of the tables before and after.

    Raises:
        Refused: as `open_registry`.
    """
    need("sqlalchemy", "registry")
    need("alembic", "registry")
    from vertebroplasty.registry.store.address import parse_address
    from vertebroplasty.registry.store.database import bring_up

    address = parse_address(url)
    if address.is_server:
        need("psycopg", "postgres")
    return bring_up(address)
