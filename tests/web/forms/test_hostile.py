"""Hostile input: refused or harmless, always an answer in JSON, never a fault of the server."""

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BUDGET_S = 3.0  # of one fuzzed route; examples after it pass at once

HOSTILE = [
    "'; DROP TABLE patient; --",
    '" OR "1"="1',
    '=HYPERLINK("http://example.org","x")',
    "+1+1|cmd",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "{{ 7*7 }}",
    "‮⁦",
    "𐏿" * 50,
]

inner_keys = st.sampled_from(["levels", "level", "cement", "total_ml", "kind", "leaks", "patient"])
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([*HOSTILE, "P-001", "L3", "2026-09-01", "procedure", "\ud800", "\x00"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["levels", "level", "cement", "total_ml", "kind", "leaks", "patient"]) | st.text(),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
keys = st.sampled_from(
    ["pseudonym", "procedure_id", "follow_up_id", "patient", "procedure", "levels", "performed_on", "seen_on", "remark"]
)
records = st.dictionaries(keys | st.text(max_size=8), values, max_size=8)
ROUTES = [
    ("/registry/records/{}", st.sampled_from(["patient", "procedure", "follow-up", "rehearsal", "series", "x"])),
    ("/registry/records/patient/{}/amend", st.sampled_from(["{patient}", "P-001", "nobody", "..", "%00", "%F0%28"])),
    (
        "/registry/records/procedure/{procedure}/{}",
        st.sampled_from(["leak", "complication", "sign", "lock", "unlock", "x"]),
    ),
    ("/registry/{}", st.sampled_from(["who", "check", "find", "due", "series/figures", "series/report"])),
]
extras = st.fixed_dictionaries(
    {},
    optional={
        "why": st.text() | st.none(),
        "version": st.integers() | st.text(),
        "at_level": values,
        "meaning": st.text(),
        "who": st.text(),
        "not_a_duplicate": st.text(),
        "p0": values,
        "p1": values,
        "head": values,
        "find": st.text(),
        "on": values | st.sampled_from(["0001-01-01", "9999-12-31"]),
    },
)


@pytest.mark.parametrize(("route", "names"), ROUTES)
def test_any_content_gets_an_answer_in_json(client, kept, registry, at, route, names):
    route = route.replace("{procedure}", at("procedure", "P-001-1"))
    patient = at("patient", "P-001")
    until = time.monotonic() + BUDGET_S

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(name=names, record=records, extra=extras, whole=values, bare=st.booleans())
    def sent(name, record, extra, whole, bare):
        if time.monotonic() > until:
            return
        body = whole if bare else {"record": record, "part": record} | extra
        answer = client.post(
            route.format(name.replace("{patient}", patient)),
            content=json.dumps(body),
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code < 500, answer.text
        answered = answer.json()
        assert answer.status_code == 200 or answered["error"]

    sent()
    assert registry.verify().intact


@given(content=st.binary(max_size=60))
@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_any_bytes_get_an_answer_in_json(client, content):
    answer = client.post("/registry/records/patient", content=content, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]


def test_nesting_without_end_is_refused(client):
    deep = '{"record": ' + '{"levels":[' * 3000 + "]}" * 3000 + "}"
    answer = client.post("/registry/records/procedure", content=deep, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_kept_as_written_and_shown_as_text(client, kept, registry, at, text):
    """A remark takes any text; a page shows it letter by letter, and nothing of it becomes part of the page."""
    content = {"follow_up_id": "F-1", "procedure": "P-001-1", "seen_on": "2026-10-02", "remark": text}
    answer = client.post("/registry/records/follow-up", json={"record": content})
    assert answer.status_code == 200
    assert registry.get("follow-up", "F-1").record.remark == text.strip()
    for page in (f"/registry/{page}/follow-up/{at('follow-up', 'F-1')}" for page in ("record", "amend")):
        html = client.get(page).text
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "49" not in html.split("Remark")[-1].split("</dd>")[0]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_can_be_an_id(client, registry, text):
    refused = client.post("/registry/records/patient", json={"record": {"pseudonym": text}})
    assert (refused.status_code, refused.json()["where"]) == (400, "pseudonym")
    assert client.post("/registry/find", json={"find": text[:64]}).status_code == 200
    assert client.get("/registry/list/patient", params={"after": text[:64]}).status_code == 404
    assert registry.find("patient") == ()


@pytest.mark.parametrize(
    "address",
    [
        "/registry/record/patient/..%2F..%2Fetc%2Fpasswd",
        "/registry/record/patient/%00",
        "/registry/record/patient/' OR 1=1",
        "/registry/amend/procedure/nobody",
        "/registry/part/leak/nobody",
        "/registry/record/journal/1",
        "/registry/new/journal",
        "/registry/record/patient/1-0000000000",
        "/registry/record/patient/999999999999999999-0000000000",
        "/registry/record/patient/9999999999999999999-0000000000",
        "/registry/list/patient?after=P-001",
        "/registry/new/procedure?patient=P-001",
        "/registry/series?series=' OR 1=1",
        "/registry/series/figures/../../x",
        "/registry/series/figures/unknown",
        "/registry/series/figures/unknown/0",
        "/registry/series/report/unknown",
    ],
)
def test_an_address_that_is_none_is_refused(client, kept, address):
    assert 400 <= client.get(address).status_code < 500


def test_a_page_longer_than_allowed_is_refused(client):
    assert client.post("/registry/find", json={"find": "x" * 65}).status_code == 422
    big = {"record": {"pseudonym": "P-1", "osteoporosis_treatment": "x" * 2_000_000}}
    assert client.post("/registry/records/patient", json=big).status_code == 413
