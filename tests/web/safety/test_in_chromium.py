"""The same doors tried from a real browser: what it sends, keeps and shows is its own doing, not ours."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import uvicorn

from browsing import watch
from guarded_app import KEY, PASSWORD, guarded
from vertebroplasty.web.safety import Guard, server_options

pytestmark = pytest.mark.browser
MEBI = 1 << 20

TRYING = """
const own = document.querySelector('meta[name="csrf-token"]').content;
const post = (size, headers) => fetch("/thing", {method: "POST", headers, body: new Uint8Array(size)})
  .then(async answer => [answer.status, await answer.json()]);
window.tried = Promise.all([
  post(9, {"X-CSRF-Token": own}),
  post(9, {}),
  post(3 << 20, {"X-CSRF-Token": own}),
  new Promise(resolve => {
    const socket = new WebSocket("ws://" + location.host + "/socket");
    socket.onopen = () => socket.send("hello");
    socket.onmessage = message => resolve(message.data);
    socket.onerror = () => resolve("refused");
  }),
  Promise.resolve(document.cookie),
]);
"""
EVIL = """<!doctype html><html><body><a id="link" href="{entry}">look</a><iframe src="{home}/"></iframe>
<img src="{home}/"><img src="{home}/health"><script src="{home}/static/page.js"></script>
<form id="form" method="post" action="{home}/thing" target="shown"><input name="a" value="b"></form>
<iframe name="shown"></iframe>
<script>
document.getElementById("form").submit();
const quiet = promise => promise.then(() => "answered", () => "failed");
const socket = new Promise(resolve => {{
  const made = new WebSocket("{home}/socket".replace("http", "ws"));
  made.onopen = () => resolve("open");
  made.onerror = () => resolve("refused");
}});
window.tried = Promise.all([
  quiet(fetch("{home}/", {{credentials: "include"}})),
  quiet(fetch("{home}/thing", {{method: "POST", mode: "no-cors", credentials: "include", body: "x"}})),
  quiet(fetch("{home}/thing", {{method: "DELETE", credentials: "include", headers: {{"X-CSRF-Token": "0"}}}})),
  socket,
]);
</script></body></html>"""

INLINE = """() => {
  const added = document.createElement("script");
  added.textContent = "window.bad = 1";
  document.body.append(added);
}"""


@contextmanager
def running(*, password=None, tls=None, pages=None):
    """A real server in a thread, on a port of the system's choice."""
    listening = socket.create_server(("127.0.0.1", 0))
    host = "localhost" if tls else "127.0.0.1"
    guard = Guard(host=host, port=listening.getsockname()[1], key=KEY, tls=bool(tls), password=password)
    app, seen = guarded(guard, pages=pages)
    files = {"ssl_certfile": tls / "c.pem", "ssl_keyfile": tls / "c.key"} if tls else {}
    server = uvicorn.Server(uvicorn.Config(app, **server_options(), **files))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    end = time.monotonic() + 20
    while not server.started and time.monotonic() < end:
        time.sleep(0.02)
    guard.seen = seen
    try:
        yield guard
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


@contextmanager
def another_site(content: str):
    """A site of someone else on this machine, reached under two names; it yields its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def window(chromium):
    """A fresh browser profile."""
    context = chromium.new_context(ignore_https_errors=True)
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def test_the_printed_address_opens_the_application(window, capfd):
    with running(pages={"page.js": TRYING}) as guard:
        window.errors = []
        watch(window, guard)
        entry = guard.entry_url()
        window.goto(entry)
        assert window.url == guard.origin + "/"
        assert window.evaluate("history.length") <= 2
        done, forged, large, echoed, cookies = window.evaluate("window.tried")
        assert done == [200, {"done": True}]
        assert forged[0] == 403
        assert large == [413, {"error": "What was sent is larger than the 1 MiB allowed here: send less.", "where": ""}]
        assert echoed == "hello"
        assert cookies == ""  # HttpOnly
        # The two refusals above are the only things the console complains of: no policy is misspelt.
        assert [text for text in window.errors if "status of 403" not in text and "status of 413" not in text] == []
        kept = window.context.cookies()[0]
        assert (kept["sameSite"], kept["httpOnly"], kept["path"]) == ("Strict", True, "/")
        window.goto(entry)
        assert window.url == guard.origin + "/"
        window.context.clear_cookies()
        assert window.goto(entry).status == 403
        assert "use the window that is open" in window.inner_text("main")
    log = capfd.readouterr().err
    assert "GET /enter 303" in log
    assert "POST /thing 413" in log
    assert entry.partition("=")[2] not in log
    assert "token" not in log
    assert kept["value"] not in log


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_another_site_gets_nothing(name, window):
    """127.0.0.1 on another port is "same-site", so the cookie is sent; localhost is "cross-site"."""
    with running() as guard:
        window.goto(guard.entry_url())
        reached = guard.seen.times
        with another_site(EVIL.format(home=guard.origin, entry=guard.origin + "/case/1")) as port:
            window.goto(f"http://{name}:{port}/")
            fetched, _, deleted, socket_state = window.evaluate("window.tried")
            assert (fetched, deleted, socket_state) == ("failed", "failed", "refused")
            window.wait_for_timeout(300)
            assert (guard.seen.times, guard.seen.bytes) == (reached, 0)
            # A link into the application opens a page of it: with the cookie from a same-site page, else the refusal.
            window.click("#link")
            window.wait_for_url(guard.origin + "/case/1")
            heading = window.inner_text("h1")
            assert heading == ("Home" if name == "127.0.0.1" else "This page cannot be shown")
            if name == "localhost":
                window.click("text=Open the start page")
                assert window.inner_text("h1") == "Home"


def test_the_printed_address_clicked_on_another_site(window):
    """A strict cookie is withheld from the redirect of such a visit: a page of ours leads on."""
    with running() as guard, another_site(EVIL.format(home=guard.origin, entry=guard.entry_url())) as port:
        window.goto(f"http://localhost:{port}/")
        window.click("#link")
        window.wait_for_url(guard.origin + "/")
        assert window.inner_text("h1") == "Home"


def test_inline_code_and_foreign_pages_are_blocked(window):
    with running() as guard:
        window.goto(guard.entry_url())
        heard = []
        window.on("console", lambda said: heard.append(said.text))
        window.evaluate(INLINE)
        assert window.evaluate("window.bad") is None
        assert any("Content Security Policy" in text for text in heard)
        assert window.evaluate("fetch('http://localhost:9/').then(() => 1, () => 'blocked')") == "blocked"


def test_a_document_shows_its_style_and_runs_nothing(window):
    with running(pages={"page.js": "document.title = 'ran';"}) as guard:
        window.goto(guard.entry_url())
        asked = []
        window.on("requestfinished", lambda request: asked.append(request.url))
        assert window.goto(f"{guard.origin}/policy/document").status == 200
        assert window.title() == "Report"
        assert asked == [f"{guard.origin}/policy/document", *[url for url in asked if url.startswith("data:")]]
        style = "element => getComputedStyle(element).color"
        assert window.eval_on_selector("h1", style) == "rgb(1, 2, 3)"


def test_signing_in_over_tls(window, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("openssl: a certificate for the test is made with it")
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    words += ["-subj", "/CN=localhost", "-keyout", str(tmp_path / "c.key"), "-out", str(tmp_path / "c.pem")]
    subprocess.run(words, check=True, capture_output=True)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(tmp_path / "c.pem", tmp_path / "c.key")
    with running(password=PASSWORD, tls=tmp_path) as guard:
        window.goto(guard.entry_url())
        assert window.url == guard.origin + "/login"
        assert window.inner_text("footer") == "Research, education and audit; not a medical device."
        window.fill("#password", "wrong password")
        window.click("button")
        assert "The password is wrong" in window.inner_text("main")
        window.fill("#password", PASSWORD)
        window.keyboard.press("Enter")
        window.wait_for_url(guard.origin + "/")
        assert window.inner_text("h1") == "Home"
        kept = window.context.cookies()[0]
        assert (kept["name"].startswith("__Host-"), kept["secure"], kept["sameSite"]) == (True, True, "Strict")
