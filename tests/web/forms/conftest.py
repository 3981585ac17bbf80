"""A registry in a temporary folder, a server that keeps it, and a browser's place in front of it with a pseudonym."""

import shutil
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples" / "registry"


@pytest.fixture(scope="session")
def empty_db(tmp_path_factory):
    """A new registry, made once and copied for each test."""
    from vertebroplasty.registry.store.opening import open_registry

    path = tmp_path_factory.mktemp("registry") / "empty.db"
    open_registry(str(path), create=True).close()
    return path


@pytest.fixture
def db(tmp_path, empty_db):
    path = tmp_path / "series.db"
    shutil.copyfile(empty_db, path)
    return str(path)


@pytest.fixture
def other_db(tmp_path, empty_db):
    path = tmp_path / "other.db"
    shutil.copyfile(empty_db, path)
    return str(path)


@pytest.fixture
def served(tmp_path, let_in):
    """A client of a server for any address of a registry."""
    from vertebroplasty.web.house import House, Settings

    houses = []

    def client(address):
        houses.append(House.built(Settings(state=tmp_path / f"state{len(houses)}", db=address)))
        return let_in(houses[-1])

    yield client
    for house in houses:
        house.close()


@pytest.fixture
def stranger(served, db):
    """A client that has not said who acts."""
    return served(db)


@pytest.fixture
def client(stranger):
    assert stranger.post("/registry/who", json={"who": "coordinator"}).status_code == 200
    return stranger


@pytest.fixture
def examples():
    """The records of the documentation: a patient, a procedure with a leak, a look before."""
    import json

    names = {"patient": "patient.json", "procedure": "procedure.json", "follow-up": "before.json"}
    found = {}
    for kind, name in names.items():
        plain = json.loads((EXAMPLES / name).read_text(encoding="utf-8"))
        found[kind] = {key: value for key, value in plain.items() if key != "kind"}
    return found


@pytest.fixture
def enter(client):
    """Enter records of the server's registry, each as kind and content."""

    def done(*records):
        for kind, content in records:
            answer = client.post(f"/registry/records/{kind}", json={"record": content})
            assert answer.status_code == 200, answer.text
        return answer.json()

    return done


@pytest.fixture
def kept(enter, examples):
    """The examples, entered."""
    enter(*examples.items())
    return examples


@pytest.fixture
def at(db):
    """The address of a record, as its pages and forms have it."""
    from vertebroplasty.registry.store.opening import open_registry
    from vertebroplasty.web.forms.addresses import address_of_record

    def found(kind, record_id):
        with open_registry(db) as registry, registry.reading() as connection:
            return address_of_record(connection, kind, record_id)

    return found


@pytest.fixture
def registry(db):
    from vertebroplasty.registry.store.opening import open_registry

    with open_registry(db) as found:
        yield found
