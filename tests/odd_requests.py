"""Odd pieces of requests: for asking a web app for things that nobody should ask for."""

import json
import random
import re
from urllib.parse import quote, unquote

from pydantic import BaseModel

ORDINARY = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW")
HUGE = "x" * 70_000
ODD_PARTS = (
    "..", ".", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%5c..%5cx", "%00", "a%00b", "%", "%zz", "%25", "%c3%28",
    "%f0%9f%a6%b4", quote("椎体"), "%e2%80%ae", "%0d%0aSet-Cookie:%20a=b", "a b", "~root", "-1", "0", "00", "1e9",
    "9" * 5000, "x" * 300, "x" * 64, "r-" + "0" * 16, "u-" + "f" * 16, "NaN", "con", "*", "?", "#", "'%20or%201=1--",
    "{{7*7}}", "<script>", "%ff%fe", ".hidden", "ct.nii.gz", "__proto__", "null", "true", "%F4%90%80%80", "1.5",
)  # fmt: skip
ODD_VALUES = (
    None, True, False, 0, -1, 1, 2, 0.5, -0.0, 1e308, -1e308, 10**400, 2**63, float("nan"), float("inf"), 10**20,
    "", " ", "x", "\0", "a\0b", "\ud800", "../../etc/passwd", "C:\\x", HUGE, "椎体", "\u202e", "2024-02-30",
    "9999-12-31", "0000-01-01", "L2", "T12", "L99", "P1", "X1", "none", "known", "{}", [], [[]], [None], {}, {"": {}},
    {"a": [{}]}, [0.0, 0.0, 0.0], [1, 2], [float("nan")] * 3, [1e308] * 3, ["L2"], ["L2", "L2"], ["L2"] * 5000,
    [{}] * 20, "1", "1e9", {"record": {}}, "stop", "mix-start", -float("inf"), "=1+1", "<b>", "'; drop table patient;",
    "tap-00001", "%s{0}", "2024-03-01T09:30:00", "2024-03-01T09:30:00+99:00", "9999-12-31T23:59:59-12:00",
)  # fmt: skip
QUERIES = (
    b"", b"entry=1&entry=2&entry=3&tip=4&tip=5&tip=6", b"entry=nan&entry=inf&entry=0&tip=1&tip=1&tip=1",
    b"on=2024-02-30", b"on=9999-12-31", b"on=0001-01-01", b"after=%00", b"after=" + b"x" * 64, b"series=%ff",
    b"token=%00", b"patient=P1&procedure=X1", b"patient=..%2f..&procedure=%00", b"=&&&=", b"%", b"gauge=1e9",
    b"token=x", b"on=-1", b"on=1e308", b"on=99999999999999999999", b"series=S1", b"patient=%F4%90%80%80",
    b"entry=0&entry=0&entry=0&tip=0&tip=0&tip=0", b"entry=0&entry=0&entry=0&tip=0&tip=0&tip=3000&gauge=11",
    b"series='--", b"x" * 9000,
)  # fmt: skip
RAW_BODIES = (
    b"", b"{", b"[]", b"null", b"0", b'"', b"NaN", b"\xff\xfe\x00", b"\0" * 64, b"[" * 100_000, b'{"a":' * 20_000,
    b"\xef\xbb\xbf{}", b'{"a":1,"a":2}', b"1" * 5000, b'"' + b"x" * 70_000 + b'"', b"PK\x03\x04" + b"\0" * 40,
    b"\x1f\x8b" + b"\xff" * 40, b'{"record": ' + b'{"a":' * 5000 + b"1" + b"}" * 5001, b"--x\r\n\r\n", b"a=b&c=%00",
    b"{}", b"\0" * 344 + b"n+1\0" + b"\0" * 8, b"x" * ((1 << 20) + 1),
)  # fmt: skip
KINDS = (b"application/json", b"text/plain", b"", b"multipart/form-data", b"application/x-www-form-urlencoded", b"\xff")
SCRIPTED = {"sec-fetch-mode": "cors"}
VISIT = {"sec-fetch-mode": "navigate", "accept": "text/html"}


def routes_of(routes, prefix=""):
    """Every route of the app: method, path, type of the body, whether it is a socket."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes_of(inner.routes, prefix + route.include_context.prefix)
        elif hasattr(route, "endpoint"):
            body = getattr(route, "body_field", None)
            model = None if body is None else body.field_info.annotation
            known = isinstance(model, type) and issubclass(model, BaseModel)
            methods = getattr(route, "methods", None)
            yield from ((method, prefix + route.path, model if known else None) for method in sorted(methods or ["WS"]))


class Asking:
    """Requests made of odd pieces, by one seed.

    `parts` are pieces of addresses that stand for something, by the name of the parameter; `good` holds fields of
    bodies as the pages send them.
    """

    def __init__(self, guard, seed, parts, good):
        self.rng, self.parts, self.good = random.Random(seed), parts, good
        self.decks = {}
        name, value = guard.new_cookie()
        self.cookie, self.token = f"{name}={value}; who=fuzz", guard.session(value).csrf_token

    def path(self, template, *, odd):
        """An address of a route: pieces that stand for something, one of them odd where that is asked for."""
        names = re.findall(r"\{([^}:]*)[^}]*\}", template)
        victim = self.rng.choice(names) if odd and names else None

        def piece(found):
            known = self.parts.get(found.group(1))
            odd_one = found.group(1) == victim or not known
            return self.dealt(template, found.group(1)) if odd_one else self.rng.choice(known)

        return re.sub(r"\{([^}:]*)[^}]*\}", piece, template)

    def dealt(self, template, name):
        """The next odd piece of one place: each comes once before any comes twice."""
        deck = self.decks.setdefault((template, name), [])
        if not deck:
            deck += self.rng.sample(ODD_PARTS, len(ODD_PARTS))
        return deck.pop()

    def body(self, model):
        """A body: bytes that are no JSON, one odd value, odd fields, or a good one with a flaw or two."""
        kind = self.rng.randrange(5)
        if kind == 0:
            return self.rng.choice(RAW_BODIES)
        told = self.rng.choice(ODD_VALUES)
        if kind > 1:
            told = {name: self.field(name, good=kind > 2) for name in (model.model_fields if model else ())}
        if kind == 2:
            told[self.rng.choice(("", "id", "x" * 300, "__class__", "\0"))] = self.rng.choice(ODD_VALUES)
        return json.dumps(told).encode("utf-8", "surrogatepass")

    def field(self, name, *, good):
        """A value of a field: nearly good, or odd."""
        if good and name in self.good:
            return self.flawed(self.rng.choice(self.good[name]))
        return self.rng.choice(ODD_VALUES)

    def flawed(self, value):
        """A copy with one part of it replaced now and then."""
        if self.rng.random() < 0.08:
            return self.rng.choice(ODD_VALUES)
        if isinstance(value, dict):
            return {key: self.flawed(each) for key, each in value.items() if self.rng.random() < 0.97}
        return [self.flawed(each) for each in value] if isinstance(value, list) else value

    def headers(self):
        """Mostly those of our own pages; now and then without the token, or of somebody else."""
        told = {"host": "127.0.0.1:8765", "cookie": self.cookie, "x-csrf-token": self.token}
        told |= self.rng.choice((SCRIPTED, VISIT, {}))
        told["content-type"] = (
            self.rng.choice(KINDS).decode("latin-1") if self.rng.random() < 0.3 else "application/json"
        )
        if self.rng.random() < 0.1:
            told.pop(self.rng.choice(("host", "cookie", "x-csrf-token")))
        if self.rng.random() < 0.1:
            odd = self.rng.choice(("\0", "", "x" * 3000, "é", "=;=;", "de-\xff"))
            told[self.rng.choice(("host", "origin", "accept-language", "range", "cookie", "content-length"))] = odd
        return [(key.encode(), value.encode("latin-1")) for key, value in told.items()]


async def asked(app, method, path, query, headers, body):
    """Status, headers and body of what the app answers; what it raises is raised."""
    raw = path.encode()
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote(path), "raw_path": raw, "query_string": query, "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", 8765), "state": {},
    }  # fmt: skip
    pieces, came = [{"type": "http.request", "body": body, "more_body": False}], []

    async def receive():
        return pieces.pop() if pieces else {"type": "http.disconnect"}

    async def send(message):
        came.append(message)

    await app(scope, receive, send)
    content = b"".join(each.get("body", b"") for each in came[1:])
    return came[0]["status"], {key.decode().lower(): value.decode() for key, value in came[0]["headers"]}, content


def complaint(status, headers, content, folder):
    """What is wrong with an answer; empty where nothing is."""
    text = content[:200_000].decode("utf-8", "replace")
    if status >= 500:
        return f"status {status}"
    if "Traceback" in text or 'File "' in text or str(folder) in text:
        return "it tells of the inside"
    if status < 400 or status == 416 or not content:
        return ""
    if headers.get("content-type", "").startswith("application/json"):
        told = json.loads(content)
        first, _, list_of_problems = told["error"].partition("\n")
        return "" if first.strip() and (told.get("problems") or not list_of_problems) else "no sentence"
    return "" if "<h1" in text else "neither a sentence nor a page"
