"""The app: every room's pages under one roof, guarded, with nothing fetched from outside."""

import asyncio
import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict
from starlette.types import Scope

from vertebroplasty.web.case_page import routes as case_page
from vertebroplasty.web.cases import routes as cases
from vertebroplasty.web.debrief import routes as debrief
from vertebroplasty.web.finished import routes as finished
from vertebroplasty.web.forms import routes as forms
from vertebroplasty.web.house import House, house_of
from vertebroplasty.web.memory import hand_back_now_and_then
from vertebroplasty.web.recorder import routes as recorder
from vertebroplasty.web.safety import Guard, protect
from vertebroplasty.web.texts.texts import COOKIE, language_of, texts_in
from vertebroplasty.web.theatre import routes as theatre
from vertebroplasty.web.work import routes as work

__all__ = ["build_app"]

ROOMS: tuple[APIRouter, ...] = (
    work.router,
    cases.router,
    cases.files,
    case_page.router,
    forms.router,
    debrief.router,
    finished.router,
    theatre.router,
    recorder.router,
)
YEAR_S = 365 * 24 * 3600  # [exact]
FOREVER = f"public, max-age={YEAR_S}, immutable"
BODY_LIMITS = {"/uploads/": 2 << 30}  # [choice] a large CT

entrance = APIRouter()


class Static(StaticFiles):
    """The files of the package; a vendored one never changes under its versioned name."""

    def file_response(self, *arguments: object, **named: object) -> object:  # type: ignore[override]
        """The file with how long it may be kept."""
        response = super().file_response(*arguments, **named)  # type: ignore[arg-type]
        scope = next((each for each in arguments if isinstance(each, dict)), named.get("scope"))
        vendored = isinstance(scope, dict) and "/vendor/" in str(scope.get("path"))
        response.headers["cache-control"] = FOREVER if vendored else "no-cache"
        return response


class Language(BaseModel):
    """A choice of language."""

    model_config = ConfigDict(extra="forbid")
    language: Literal["en", "fr", "de"]


def build_app(house: House, guard: Guard) -> FastAPI:
    """The app for a house, behind its guard."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        handing_back = asyncio.create_task(hand_back_now_and_then())
        yield
        handing_back.cancel()
        house.close()

    for suffix in (".js", ".mjs"):
        mimetypes.add_type("text/javascript", suffix)  # some systems' registries say text/plain
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.house = house
    app.include_router(entrance)
    for router in ROOMS:
        app.include_router(router)
    app.mount("/static", Static(packages=[("vertebroplasty.web", "static")]))
    protect(app, guard, body_limits=BODY_LIMITS, say=_sentence)
    return app


@entrance.get("/")
def entry(request: Request) -> RedirectResponse:
    """The first page: the finished run that the server was started with, else the cases."""
    finished_run = house_of(request).settings.finished is not None
    return RedirectResponse("/finished" if finished_run else "/cases", status_code=303)


@entrance.get("/health")
def health(request: Request) -> dict[str, str]:
    """That the server is there, and which start of it this is."""
    return {"boot": house_of(request).boot}


@entrance.post("/language")
def language(request: Request, chosen: Language) -> JSONResponse:
    """Remember the reader's language."""
    answer = JSONResponse({})
    answer.set_cookie(COOKIE, chosen.language, max_age=YEAR_S, samesite="strict", httponly=True)
    return answer


def _sentence(scope: Scope, key: str, **values: object) -> str:
    """A sentence of the guard in the reader's language."""
    return texts_in(language_of(Request(scope)))(f"safety.{key}", **values)
