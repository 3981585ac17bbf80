"""Every key of every document is explained, and what `run` writes is what the schemas promise."""

import json
from importlib import import_module

import pytest

from vertebroplasty.cli.info import SCHEMA_DOCUMENTS
from vertebroplasty.cli.main import main


def model(command):
    module, name = SCHEMA_DOCUMENTS[command]
    return getattr(import_module(f"vertebroplasty.documents.{module}"), name)


def undescribed(schema):
    pieces = [schema, *schema.get("$defs", {}).values()]
    return [
        f"{p['title']}.{key}"
        for p in pieces
        for key, value in p.get("properties", {}).items()
        if not value.get("description")
    ]


@pytest.mark.parametrize("command", SCHEMA_DOCUMENTS)
def test_every_key_has_its_sentence(command):
    assert undescribed(model(command).model_json_schema(by_alias=True)) == []


def test_an_undescribed_key_would_be_found():
    assert undescribed({"title": "T", "properties": {"naked": {"type": "number"}}}) == ["T.naked"]


@pytest.mark.parametrize("command", ["measure", "screen", "plan", "inject", "strength", "run"])
def test_what_run_writes_validates(walked, command):
    name = "manifest" if command == "run" else command
    text = (walked / f"{name}.json").read_text(encoding="utf-8")
    model(command).model_validate_json(text)


def test_an_unknown_key_or_nan_is_refused(walked):
    body = json.loads((walked / "inject.json").read_text(encoding="utf-8"))
    for change in ({"surprise": 1}, {"injected_ml": float("nan")}):
        with pytest.raises(ValueError, match=r"surprise|finite"):
            model("inject").model_validate(body | change)


def test_info_prints_a_schema(capsys):
    assert main(["info", "schema", "plan"]) == 0
    assert "paths" in json.loads(capsys.readouterr().out)["properties"]


@pytest.mark.parametrize("topic", ["cements", "rules", "labels", "sources", "schema"])
def test_every_topic_of_info_is_json(topic, capsys):
    assert main(["info", topic]) == 0
    assert len(json.loads(capsys.readouterr().out)) >= 3


def test_doctor_knows_what_is_installed(capsys):
    assert main(["doctor", "--json"]) == 0
    features = json.loads(capsys.readouterr().out)["features"]
    assert all(features["everything from CT to report"].values())
