"""A small application behind the guard, with one page of every kind, and a clock that the test turns."""

import asyncio
from dataclasses import dataclass, field

from fastapi import FastAPI, HTTPException, Request, WebSocket
from fastapi.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.testclient import TestClient

from vertebroplasty.errors import Refused, Tampered
from vertebroplasty.web.safety import DOCUMENT_POLICY, Conflict, Guard, NotFound, protect

KEY = bytes(range(32))
PASSWORD = "a spine has 33 vertebrae"
SECRET = "MUELLER^HANS"
FETCH = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}
VISIT = {"sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
HOME = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Home</title><link rel="icon" href="data:,">
<meta name="csrf-token" content="{token}"><script type="module" src="/static/page.js"></script></head>
<body><h1>Home</h1></body></html>"""


DOCUMENT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Report</title>
<style>h1 { color: rgb(1, 2, 3) }</style><script>document.title = "ran"</script><script src="/static/page.js"></script>
</head><body><h1>Report</h1><img src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==">
<img src="/health"></body></html>"""


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Seen:
    """How often a guarded page was reached, and what came."""

    times: int = 0
    bytes: int = 0
    sessions: list[str] = field(default_factory=list)


def guarded(app_guard: Guard, *, body_limits=None, pages: dict[str, str] | None = None) -> tuple[FastAPI, Seen]:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    seen = Seen()
    add_pages(app, seen)
    add_faults(app)
    static = {"page.js": "export {};"} | (pages or {})

    @app.get("/static/{name}")
    async def file(name: str):
        kind = "text/css" if name.endswith("css") else "text/javascript"
        return PlainTextResponse(static.get(name, ""), media_type=kind)

    @app.get("/policy/{kind}")
    async def policy(kind: str):
        chosen = {"document": DOCUMENT_POLICY, "weak": "default-src *", "near": f"{DOCUMENT_POLICY} allow-scripts"}[
            kind
        ]
        return HTMLResponse(DOCUMENT, headers={"Content-Security-Policy": chosen, "X-Frame-Options": "ALLOWALL"})

    @app.get("/health")
    async def health():
        return {"alive": True}

    protect(app, app_guard, body_limits={"/upload": 4 << 20} if body_limits is None else body_limits)
    return app, seen


def add_pages(app: FastAPI, seen: Seen) -> None:
    @app.get("/")
    @app.get("/case/{name}")
    async def home(request: Request):
        seen.times += 1
        seen.sessions.append(request.state.session.id)
        return HTMLResponse(HOME.format(token=request.state.session.csrf_token))

    @app.api_route("/thing", methods=["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    async def thing(request: Request):
        seen.times += 1
        seen.bytes += len(await request.body())
        return {"done": True}

    @app.post("/upload/ct")
    async def upload(request: Request):
        async for block in request.stream():
            seen.bytes += len(block)
        return {"bytes": seen.bytes}

    @app.post("/field")
    async def with_field(value: dict[str, int]):
        return value

    @app.websocket("/socket")
    async def socket(websocket: WebSocket):
        seen.times += 1
        seen.sessions.append(websocket.state.session.id)
        await websocket.accept()
        text = await websocket.receive_text()
        if text == "fault":
            raise ValueError(SECRET)
        await websocket.send_text(text)
        await websocket.close()


def add_faults(app: FastAPI) -> None:
    @app.get("/fault/{kind}")
    async def fault(kind: str):
        errors = {
            "refused": Refused("The level is not in the CT: choose another.", where="level"),
            "missing": NotFound("There is no such case: open the list.", where="case"),
            "state": Conflict("The needle is not in: place it first.", where="needle"),
            "tampered": Tampered("The registry was changed.", where="registry", problems=("Record 3 is new.",)),
            "http": HTTPException(418, SECRET),
            "unforeseen": ValueError(SECRET),
        }
        raise errors[kind]

    @app.get("/half")
    async def half():
        async def pieces():
            yield b"half of the answer"
            raise ValueError(SECRET)

        return StreamingResponse(pieces())


def loopback_guard(**changes) -> Guard:
    return Guard(**({"host": "127.0.0.1", "port": 8765, "key": KEY} | changes))


def client_of(app: FastAPI, guard: Guard, *, inside: bool = True, **options) -> TestClient:
    client = TestClient(app, base_url=guard.origin, follow_redirects=False, **options)
    if inside:
        name, value = guard.new_cookie()
        client.headers["cookie"] = f"{name}={value}"
        session = guard.session(value)
        assert session is not None
        client.headers["x-csrf-token"] = session.csrf_token
    return client


def called(
    app, method: str, path: str, headers: list[tuple[bytes, bytes]], body: list[dict] | None = None
) -> list[dict]:
    """What the application sends when it is called as it is, without a client that tidies the request first."""
    messages = body or [{"type": "http.request", "body": b"", "more_body": False}]
    sent: list[dict] = []

    async def receive() -> dict:
        return messages.pop(0)

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": headers, "query_string": b"", "root_path": ""}
    asyncio.run(app(scope, receive, send))
    return sent
