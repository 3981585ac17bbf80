"""The printed address lets one browser in, once; the password lets in whoever knows it, ten tries a minute."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guarded_app import PASSWORD, VISIT, Clock, client_of, guarded, loopback_guard
from vertebroplasty.web.safety import Guard

COOKIE = re.compile(
    r"vertebroplasty-8765=[0-9a-f]{32}\.\d+\.[0-9a-f]{64}; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"
)


def stranger(guard: Guard):
    return client_of(guarded(guard)[0], guard, inside=False)


def test_the_printed_address_lets_one_browser_in():
    guard = loopback_guard()
    url = guard.entry_url()
    assert re.fullmatch(r"http://127\.0\.0\.1:8765/enter\?token=[\w-]{43}", url)
    first, second = stranger(guard), stranger(guard)
    answer = first.get(url, headers=VISIT)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert COOKIE.fullmatch(answer.headers["set-cookie"])
    assert "token" not in answer.text
    assert first.get("/").status_code == 200
    again = second.get(url, headers=VISIT)
    assert again.status_code == 403
    assert "start `vertebroplasty serve` again or use the window that is open" in again.text
    assert "set-cookie" not in again.headers
    assert second.get("/").status_code == 401


def test_the_address_reloaded_in_the_same_browser_leads_on():
    guard = loopback_guard()
    url = guard.entry_url()
    client = stranger(guard)
    client.get(url)
    answer = client.get(url)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_looking_ahead_does_not_use_the_token_up():
    guard = loopback_guard()
    client = stranger(guard)
    assert client.head(guard.entry_url()).status_code == 403
    assert client.get(guard.entry_url(), headers={"sec-purpose": "prefetch;prerender"}).status_code == 403
    assert client.get(guard.entry_url()).status_code == 303


def test_a_visit_from_another_site_goes_on_by_a_page_of_ours():
    guard = loopback_guard()
    answer = stranger(guard).get(guard.entry_url(), headers=VISIT | {"sec-fetch-site": "cross-site"})
    assert answer.status_code == 200
    assert COOKIE.fullmatch(answer.headers["set-cookie"])
    assert '<meta http-equiv="refresh" content="0; url=/">' in answer.text


@pytest.mark.parametrize(
    "query", ["", "?token=", "?token={t}x", "?token={t}&token={t}", "?Token={t}", "?token=é", "?t=1&a&b&c&d=1"]
)
def test_wrong_tokens(query):
    guard = loopback_guard()
    token = guard.entry_url().partition("=")[2]
    answer = stranger(guard).get("/enter" + query.format(t=token))
    assert answer.status_code == 403
    assert guard.redeem(token)


@settings(max_examples=300, deadline=None)
@given(token=st.text(max_size=60))
def test_no_random_token_is_redeemed(token):
    guard = loopback_guard()
    assert not guard.redeem(token)
    assert not guard.redeem(guard.entry_url().partition("=")[2][: len(token) % 43])


def test_ten_wrong_tokens_and_a_minute():
    clock = Clock()
    guard = loopback_guard(clock=clock)
    client = stranger(guard)
    assert [client.get("/enter?token=no").status_code for _ in range(11)] == [403] * 10 + [429]
    clock.now += 20
    answer = client.get(guard.entry_url())
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "40")
    assert answer.json()["error"] == "Too many wrong tries: wait 40 seconds and try again."
    clock.now += 40
    assert client.get(guard.entry_url()).status_code == 303


def test_tries_of_another_address_do_not_count():
    guard = loopback_guard()
    app, _ = guarded(guard)
    for _ in range(11):
        client_of(app, guard, inside=False, client=("10.0.0.9", 1)).get("/enter?token=no")
    assert client_of(app, guard, inside=False, client=("10.0.0.8", 1)).get(guard.entry_url()).status_code == 303


# --- With a password


@pytest.fixture(scope="module")
def locked() -> Guard:
    return Guard(host="spine.example", port=8443, key=bytes(32), tls=True, password=PASSWORD)


def test_the_password_lets_in(locked):
    client = stranger(locked)
    assert locked.entry_url() == "https://spine.example:8443/"
    shown = client.get("/", headers=VISIT)
    assert (shown.status_code, shown.headers["location"]) == (303, "/login")
    form = client.get("/login", headers=VISIT)
    assert '<form method="post" action="/login">' in form.text
    assert form.headers["referrer-policy"] == "same-origin"
    answer = client.post("/login", data={"password": PASSWORD}, headers={"origin": locked.origin})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert answer.headers["set-cookie"].startswith("__Host-vertebroplasty-8443=")
    assert answer.headers["set-cookie"].endswith("; HttpOnly; SameSite=Strict; Secure")
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "content", [b"", b"password=", b"password=wrong", b"password=%FF", b"\xff", b"a=1&b=1&c=1&d=1&e=1",
                f"password={PASSWORD}&password={PASSWORD}".encode(), b"password=" + b"x" * 3000]
)  # fmt: skip
def test_wrong_passwords(content, locked):
    answer = stranger(locked).post("/login", content=content)
    locked.tries.forget("testclient")
    assert answer.status_code == 403
    assert "The password is wrong" in answer.text
    assert "set-cookie" not in answer.headers


def test_the_login_takes_no_form_of_another_site(locked):
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        answer = stranger(locked).post("/login", data={"password": PASSWORD}, headers=headers)
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_ten_wrong_passwords_and_a_minute():
    clock = Clock()
    guard = loopback_guard(clock=clock, password=PASSWORD)
    client = stranger(guard)
    codes = [client.post("/login", data={"password": "wrong"}).status_code for _ in range(11)]
    assert codes == [403] * 10 + [429]
    assert client.post("/login", data={"password": PASSWORD}).status_code == 429
    clock.now += 60
    assert client.post("/login", data={"password": PASSWORD}).status_code == 303


def test_a_password_in_a_long_body_is_not_read(locked):
    answer = stranger(locked).post("/login", content=b"password=" + b"x" * 5000)
    assert answer.status_code == 413
    locked.tries.forget("testclient")


def test_where_a_password_is_asked_there_is_no_token(locked):
    assert stranger(locked).get("/enter?token=").status_code == 404
    assert stranger(loopback_guard()).get("/login").status_code == 404
    assert not locked.redeem("")
