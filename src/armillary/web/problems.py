"""Errors as RFC 9457 problem documents (API and data formats) and as plain pages. Never a stack trace, never a path of this machine."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from armillary.core.bounds import LEFT, ROWS, TIME, StoppedError
from armillary.errors import ArmillaryError, DataError, MemoryLimitError, MissingExtraError, UnknownNameError, UsageError
from armillary.web.current import current
from armillary.web.i18n import gettext as _
from armillary.web.i18n import number
from armillary.web.opened import BusyError

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


_STOPPED = {
    TIME: (504, "took too long", "this took longer than one request may; narrow it, or try again later"),
    ROWS: (503, "too large for this server", "this gives more rows than one request may; narrow it"),
    LEFT: (503, "stopped", "this was stopped because nobody waited for it; try again"),
}


def retry_after(error: Exception) -> list[tuple[bytes, bytes]]:
    """The header that says when to try again, for what has failed for want of time, room or turn."""
    if isinstance(error, BusyError):
        return [(b"retry-after", b"5")]
    return [(b"retry-after", b"60")] if isinstance(error, StoppedError | MemoryLimitError) else []


class Replies:
    """Pages and problem documents, in the form of the request, for what the application is not asked."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    def reply(self, status: int, title: str, detail: str) -> tuple[str, bytes]:
        """Media type and body."""
        here = current()
        if here.path.startswith("/api/") or here.format != "html":
            return PROBLEM, problem_bytes(status, title, detail)
        template = "waiting.html" if status == 202 else "error.html"
        return "text/html; charset=utf-8", self._renderer.error(status, title, detail, template=template)

    def waiting(self, ahead: int) -> tuple[str, str]:
        """Title and detail for who waits while ``ahead`` others are served first."""
        said = _("It is being computed now.") if not ahead else _("{n} others are computed before it.").replace("{n}", number(ahead))
        return _("This page takes a moment"), said


def describe(error: Exception) -> tuple[int, str, str]:
    """Status, title and detail of an error that a visitor may see. Where a file is to blame its place stays in the log."""
    if isinstance(error, UnknownNameError):
        return 404, "not found", sentence(error)
    if isinstance(error, MemoryLimitError):
        return 503, "too large for this server", "this does not fit into the memory of one request; narrow it, or try again later"
    if isinstance(error, UsageError):
        return 400, "bad request", sentence(error)
    if isinstance(error, DataError):
        return 404, "no data", sentence(error)
    if isinstance(error, MissingExtraError):
        return 501, "not installed here", error.what
    if isinstance(error, StoppedError):
        return _STOPPED[error.why]
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


def install(app: FastAPI, replies: Replies) -> None:
    """Answer every error in the form of the request."""

    async def handle(request: Request, error: Exception) -> Response:
        status, title, detail = describe(error)
        media, body = replies.reply(status, title, detail)
        return Response(body, status, {k.decode(): v.decode() for k, v in retry_after(error)}, media)

    for kind in (ArmillaryError, BusyError, StoppedError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, handle)
    app.state.handle_error = handle
