"""One small observatory with hostile names, an example index and a claims file; a client that needs no network."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import small_world

from armillary.observatory import open_observatory
from armillary.web.app import create_app
from armillary.web.sample_index import write_sample_index
from support.unhurried import unhurried

CLAIMS = """format = 1
title = "Claims about the small world"

[[claim]]
id = "beijing-first"
says = "Beijing is the first of all cities by Share <script>alert(9)</script>"
predicate = "rank"
evidence = { indicator = "share", unit = "city", period = "2024" }
unit = "c0-beijing"
rank = 1
period = "2024"
"""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """GET and friends on an ASGI application."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, target: str, method: str = "GET", client: str = "10.0.0.1", **headers: str) -> Answer:
        """The answer; a page that says it is being computed is asked again, as a browser does."""
        while (answer := self.once(target, method, client, **headers)).status == 202:
            pass
        return answer

    def once(self, target: str, method: str = "GET", client: str = "10.0.0.1", **headers: str) -> Answer:
        path, _, query = target.partition("?")
        out: dict[str, Any] = {"body": b""}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                out.update(status=message["status"], headers={k.decode(): v.decode() for k, v in message["headers"]})
            else:
                out["body"] += message.get("body", b"")

        from urllib.parse import unquote

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "client": (client, 1),
            "server": ("localhost", 80),
            "headers": [(k.replace("_", "-").lower().encode(), v.encode()) for k, v in headers.items()],
        }
        asyncio.run(self.app(scope, receive, send))
        return Answer(out["status"], out["headers"], out["body"])


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = small_world.build(tmp_path_factory.mktemp("web") / "observatory", works=900)
    assert write_sample_index(open_observatory(path), least_papers=5) is not None
    (path / "claims").mkdir()
    (path / "claims" / "small.toml").write_text(CLAIMS)
    return path


@pytest.fixture(scope="session")
def invented(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same observatory, which says that its world is invented."""
    import shutil

    path = tmp_path_factory.mktemp("invented") / "observatory"
    shutil.copytree(small, path)
    (path / "registry" / "about.toml").write_text("synthetic = true\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def app(small: Path) -> Any:
    return create_app(small, settings=unhurried(draws=40, names=("testserver",)), threads=1)


@pytest.fixture(scope="session")
def get(app: Any) -> Client:
    return Client(app)
