"""The application: pages and API found by themselves, everything read-only."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response

from armillary.errors import UsageError
from armillary.version import __version__
from armillary.web import problems
from armillary.web.addresses import Addresses
from armillary.web.assets import by_public_name
from armillary.web.current import current
from armillary.web.imprint import imprint
from armillary.web.llms import llms_text
from armillary.web.middleware import POLICY, Around
from armillary.web.page import MEDIA, Page
from armillary.web.render import Renderer
from armillary.web.routes import PAGES
from armillary.web.settings import Settings
from armillary.web.site import Site


def create_app(
    observatory: str | Path | None = None, *, settings: Settings | None = None, site: Site | None = None, **engine: Any
) -> Around:
    """The ASGI application over one observatory folder (or a :class:`Site` that is already open)."""
    site = site or Site(observatory, settings, **engine)
    renderer = Renderer(site)
    app = FastAPI(title="Armillary", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.site, app.state.renderer = site, renderer
    replies = problems.Replies(renderer)
    problems.install(app, replies)
    for module in _modules("armillary.web.pages"):
        importlib.import_module(module)
    for path, registered in PAGES.items():
        app.add_api_route(path, _endpoint(registered.function, renderer), methods=["GET"], include_in_schema=False)
    routers: list[Any] = []
    for module in _modules("armillary.web.api"):
        router: APIRouter | None = getattr(importlib.import_module(module), "router", None)
        if router is not None:
            app.include_router(router)
            routers += router.routes  # newer versions of FastAPI list them in their router only
    app.add_api_route("/static/{name}", _static, methods=["GET"], include_in_schema=False)
    app.add_api_route(
        "/robots.txt", lambda: Response("User-agent: *\nAllow: /\n", media_type="text/plain"), methods=["GET"], include_in_schema=False
    )
    app.add_api_route(
        "/llms.txt", lambda: Response(llms_text(site), media_type="text/plain; charset=utf-8"), methods=["GET"], include_in_schema=False
    )
    app.add_api_route("/favicon.ico", _favicon, methods=["GET"], include_in_schema=False)

    return Around(_unbroken(app), site=site, addresses=Addresses([*app.routes, *routers]), replies=replies)


def _modules(package: str) -> list[str]:
    found = importlib.import_module(package)
    return sorted(f"{package}.{m.name}" for m in pkgutil.iter_modules(found.__path__))


def _endpoint(function: Callable[..., Page], renderer: Renderer) -> Callable[..., Response]:
    """The function as a FastAPI endpoint that answers in the format of the request."""

    @functools.wraps(function)
    def answer(*args: Any, **kwargs: Any) -> Response:
        found, kind = function(*args, **kwargs), current().format
        found.imprint = imprint(renderer.site, found)
        if kind == "html":
            return Response(renderer.html(found), media_type=MEDIA["html"], headers=framed(renderer.site.settings))
        if found.table is not None and found.table.num_rows > renderer.site.settings.max_download_rows:
            raise UsageError(f"{found.table.num_rows:,} rows are more than one answer carries", fix="narrow the request")
        headers = {} if kind in ("json", "svg", "png", "card") else {"content-disposition": f'attachment; filename="{_file_name(kind)}"'}
        return Response(found.encode(kind), media_type=MEDIA[kind], headers=headers)

    signature = inspect.signature(function, eval_str=True)
    answer.__signature__ = signature.replace(return_annotation=Response)  # type: ignore[attr-defined]
    return answer


def framed(settings: Settings) -> dict[str, str]:
    """The header that lets a page made for a frame (``embed=1``) be shown on the sites that the owner names."""
    if not settings.frames or "embed=1" not in current().query.split("&"):
        return {}
    return {
        "content-security-policy": POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {settings.frames}"),
        "cross-origin-resource-policy": "cross-origin",
        "cross-origin-opener-policy": "unsafe-none",
    }


def _file_name(kind: str) -> str:
    words = [w for w in current().path.split("/") if w]
    return "-".join(["armillary", *("".join(c for c in w if c.isalnum() or c in "-_.") for w in words)])[:120] + f".{kind}"


def _static(name: str) -> Response:
    found = by_public_name().get(name)
    if found is None:
        return Response("not found\n", 404, media_type="text/plain")
    return Response(found.body, media_type=found.media, headers={"cache-control": "public, max-age=31536000, immutable"})


def _favicon() -> Response:
    from armillary.web.assets import assets

    return Response(assets()["mark.svg"].body, media_type="image/svg+xml", headers={"cache-control": "public, max-age=86400"})


def _unbroken(app: FastAPI) -> Any:
    """The application with a last net: an unexpected error is logged and answered like any other."""

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        try:
            await app(scope, receive, send)
        except Exception as error:
            if scope["type"] != "http":
                raise
            response = await app.state.handle_error(Request(scope), error)
            await response(scope, receive, send)

    return inner
