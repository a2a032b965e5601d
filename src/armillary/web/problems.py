"""Errors as RFC 9457 problem documents (API and data formats) and as plain pages. Never a stack trace, never a path of this machine."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from armillary.errors import ArmillaryError, DataError, MissingExtraError, UnknownNameError, UsageError
from armillary.web.current import current
from armillary.web.site import BusyError

if TYPE_CHECKING:
    from armillary.web.render import Renderer

log = logging.getLogger(__name__)
PROBLEM = "application/problem+json"


def problem_bytes(status: int, title: str, detail: str, **more: Any) -> bytes:
    """An RFC 9457 document."""
    return json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail, **more}, ensure_ascii=False).encode()


def sentence(error: ArmillaryError) -> str:
    """What is wrong and what to do, without the place (which may name a file of this machine)."""
    text = error.what.rstrip(".") + "."
    return " ".join((f"{text} {error.fix[:1].upper()}{error.fix[1:]}" if error.fix else text).split())


def describe(error: Exception) -> tuple[int, str, str]:
    """Status, title and detail of an error that a visitor may see. Where a file is to blame its place stays in the log."""
    if isinstance(error, UnknownNameError):
        return 404, "not found", sentence(error)
    if isinstance(error, UsageError):
        return 400, "bad request", sentence(error)
    if isinstance(error, DataError):
        return 404, "no data", sentence(error)
    if isinstance(error, MissingExtraError):
        return 501, "not installed here", error.what
    if isinstance(error, BusyError):
        return 503, "busy", "too many requests at once; try again in a moment"
    if isinstance(error, HTTPException):
        return error.status_code, {404: "not found"}.get(error.status_code, "error"), str(error.detail)
    if isinstance(error, RequestValidationError):
        said = "; ".join(f"{'.'.join(str(p) for p in e['loc'][1:])}: {e['msg']}" for e in error.errors()[:5])
        return 422, "parameter not accepted", said
    if isinstance(error, ArmillaryError):
        log.error("%s", error.line)
        return 500, "the data cannot be read", "the observatory needs attention; its keeper finds the reason in the log"
    log.exception("unexpected error", exc_info=error)
    return 500, "something broke", "the fault is ours and is in the log"


def install(app: FastAPI, renderer: Renderer) -> None:
    """Answer every error in the form of the request."""

    async def handle(request: Request, error: Exception) -> Response:
        status, title, detail = describe(error)
        headers = {"retry-after": "2"} if status == 503 else {}
        if request.url.path.startswith("/api/") or current().format != "html":
            return Response(problem_bytes(status, title, detail), status, headers, PROBLEM)
        return Response(renderer.error(status, title, detail), status, headers, "text/html; charset=utf-8")

    for kind in (ArmillaryError, BusyError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, handle)
    app.state.handle_error = handle
