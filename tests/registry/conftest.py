"""Registries for the tests: each on SQLite and on a PostgreSQL cluster of our own, made once and copied."""

import contextlib
import itertools
import shutil
from urllib.parse import quote

import pytest

from conftest import missing
from postgres_cluster import OLDEST, PASSWORD, USER, binaries, cluster
from registry_records import family
from vertebroplasty.registry.store.opening import open_registry

NUMBER = itertools.count(1)


class Server:
    """A PostgreSQL cluster that makes databases."""

    def __init__(self, home):
        self.home = home

    def run(self, statement, database="postgres"):
        import psycopg

        with psycopg.connect(
            host=str(self.home), user=USER, password=PASSWORD, dbname=database, autocommit=True
        ) as connection:
            connection.execute(statement)

    def url(self, database):
        return f"postgresql://{USER}:{quote(PASSWORD)}@/{database}?host={self.home}"

    @contextlib.contextmanager
    def new(self, template="template0"):
        """The URL of a new database, a copy of another if that is named; gone afterwards."""
        name = f"registry_{next(NUMBER)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield self.url(name)
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL cluster of our own."""
    folder = binaries()
    if folder is None:
        missing("postgres", f"no initdb of PostgreSQL {OLDEST} or newer was found")
    with cluster(folder) as home:
        yield Server(home)


@pytest.fixture(params=["sqlite", "postgres"])
def dialect(request):
    return request.param


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A new registry on SQLite, to be copied."""
    path = tmp_path_factory.mktemp("registry") / "made.db"
    open_registry(str(path), create=True).close()
    return path


@pytest.fixture(scope="session")
def made_on_server(server):
    """The name of a database with a new registry, to be copied."""
    server.run("CREATE DATABASE made")
    open_registry(server.url("made"), create=True).close()
    return "made"


@pytest.fixture
def empty_url(dialect, request, tmp_path):
    """Where a registry could be made."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    with request.getfixturevalue("server").new() as url:
        yield url


@pytest.fixture
def registry_url(dialect, request, tmp_path):
    """A new registry."""
    if dialect == "sqlite":
        shutil.copy(request.getfixturevalue("made"), tmp_path / "registry.db")
        yield f"sqlite:///{tmp_path / 'registry.db'}"
        return
    with request.getfixturevalue("server").new(request.getfixturevalue("made_on_server")) as url:
        yield url


@pytest.fixture
def registry(registry_url):
    with open_registry(registry_url) as opened:
        yield opened


@pytest.fixture
def filled(registry):
    """A registry with three patients, their procedures and follow-ups."""
    registry.add_many([record for i in (1, 2, 3) for record in family(i)], by="clerk", why="first entry")
    return registry
