"""A busy or hostile network: heavy requests, slow clients, strange names, and an update while pages are read."""

from __future__ import annotations

import gc
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import small_world

pytest.importorskip("uvicorn")

from armillary.core.bounds import Bounds, StoppedError, checkpoint, set_bounds
from armillary.core.corpus import Corpus
from armillary.core.store import Store
from armillary.errors import DataError, MemoryLimitError
from armillary.observatory import open_observatory
from armillary.web.app import create_app
from armillary.web.choices import Choice
from armillary.web.connections import guarded
from armillary.web.hosts import is_served, served
from armillary.web.opened import SHORT, OpenGeneration
from armillary.web.settings import Settings
from armillary.web.site import Site, series_of
from support.tiny import observatory
from support.unhurried import unhurried

QUICK = Settings(rate_per_s=0, draws=20, short_seats=1, long_seats=1, patience_s=0.3, abandoned_s=30.0, max_long_waiting=2)


@dataclass
class Server:
    app: Any
    port: int

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()

    def socket(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


@contextmanager
def serving(path: Path, settings: Settings) -> Iterator[Server]:
    import uvicorn

    app = create_app(path, settings=settings, threads=1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, http=guarded(settings), ws="none", lifespan="off", log_level="error", proxy_headers=False
    )
    server = uvicorn.Server(replace_timeouts(config, settings))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Server(app, port)
    finally:
        server.should_exit = server.force_exit = True
        thread.join(20)


def replace_timeouts(config: Any, settings: Settings) -> Any:
    config.timeout_keep_alive = settings.idle_s
    return config


class Gate:
    """Stands in for a long computation: counts who is in, ends when opened or stopped."""

    def __init__(self) -> None:
        self.open, self.inside, self.stopped = threading.Event(), 0, 0

    def __call__(self) -> None:
        self.inside += 1
        try:
            while not self.open.wait(0.02):
                checkpoint()
        except StoppedError:
            self.stopped += 1
            raise
        finally:
            self.inside -= 1

    def until(self, fits: Any) -> None:
        for _ in range(500):
            if fits():
                return
            time.sleep(0.02)
        raise AssertionError(vars(self))


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Robustness pages wait at the gate, and say behind it that there are no data."""
    found = Gate()

    def slow(*_args: Any, **_kwargs: Any) -> Any:
        found()
        raise DataError("the gate was opened")

    monkeypatch.setattr("armillary.ranking.robustness.robustness", slow)
    return found


HEAVY = "/robustness/share/country?period=2020-2024&at_most={}"


def test_light_pages_never_wait_for_heavy_ones(small: Path, gate: Gate) -> None:
    with serving(small, QUICK) as server:
        status, headers, body = server.get(HEAVY.format(1))
        assert status == 202 and headers["refresh"] == "3" and headers["cache-control"] == "no-store"
        assert b"It is being computed now" in body
        assert b"1 others are computed before it" in server.get(HEAVY.format(2))[2]
        status, _, body = server.get("/zh" + HEAVY.format(2))
        assert status == 202 and "此页".encode() in body
        # the queue is bounded, and says when to come back
        status, headers, _ = server.get(HEAVY.format(4))
        assert status == 503 and int(headers["retry-after"]) > 0
        status, _, body = server.get(HEAVY.format(5).replace("?", ".json?"))
        assert status == 503 and json.loads(body)["status"] == 503
        for path in ("/rules", "/rankings/share/country?period=2022&intervals=0", "/api/v1/rankings/count/country"):
            begin = time.monotonic()
            assert server.get(path)[0] == 200
            assert time.monotonic() - begin < 20, path
        assert gate.inside == 1
        gate.open.set()
        for n in (1, 2):
            while (found := server.get(HEAVY.format(n)))[0] == 202:
                time.sleep(0.1)
            assert found[0] == 404 and b"the gate was opened" in found[2]


def test_one_computation_for_all_who_ask_the_same(small: Path, gate: Gate) -> None:
    with serving(small, replace(QUICK, patience_s=60)) as server:
        found: list[int] = []
        threads = [threading.Thread(target=lambda: found.append(server.get(HEAVY.format(3))[0])) for _ in range(8)]
        for t in threads:
            t.start()
        gate.until(lambda: gate.inside == 1)
        time.sleep(0.3)
        assert gate.inside == 1
        gate.open.set()
        for t in threads:
            t.join()
        assert found == [404] * 8


def test_what_nobody_waits_for_is_stopped(small: Path, gate: Gate) -> None:
    with serving(small, replace(QUICK, abandoned_s=0.5)) as server:
        for path in (HEAVY.format(1).replace("?", ".json?"), HEAVY.format(2)):
            before = gate.stopped
            with server.socket() as client:
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                gate.until(lambda: gate.inside == 1)
            gate.until(lambda b=before: gate.stopped == b + 1)
        assert server.get(HEAVY.format(3))[0] == 202  # its reader gets the page that waits, and does not come back
        gate.until(lambda: gate.stopped == 3)
        gate.open.set()
        assert server.get("/rankings/share/country")[0] == 200


def test_time_is_bounded_and_the_engine_interrupted(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def endless(self: Corpus, _expression: Any) -> Any:
        try:
            return self.con.raw_sql(
                "SELECT count(*) FROM range(1000000000000) a, range(1000000) b WHERE hash(a.range + b.range) = 3"
            ).fetchall()
        finally:
            ended.set()

    with serving(small, replace(QUICK, request_s=0.6)) as server:
        with monkeypatch.context() as patch:
            patch.setattr(Corpus, "fetch", endless)
            status, headers, body = server.get("/api/v1/rankings/share/country?period=2021")
        assert status == 504 and headers["retry-after"] == "60" and headers["content-type"] == "application/problem+json"
        assert json.loads(body)["title"] == "took too long"
        assert ended.wait(5)
        server.app.settings = QUICK
        assert server.get("/api/v1/rankings/share/country?period=2022")[0] in (200, 504)


def test_waiting_for_others_is_not_a_requests_own_time(small: Path) -> None:
    """One seat, and a limit shorter than the request that sits on it: whoever waits gets all of its own time, and no more than that."""
    opened = OpenGeneration(open_observatory(small), QUICK, {})
    taken, answers = threading.Event(), dict[str, Any]()

    def first() -> None:
        with opened.seat():
            taken.set()
            time.sleep(0.9)

    def asks(name: str, seconds: float) -> None:
        def compute(_obs: Any) -> str:
            time.sleep(seconds)
            return name

        taken.wait()
        set_bounds(Bounds(0.5))
        try:
            answers[name] = opened.remember(name, SHORT, compute)
        except StoppedError as error:
            answers[name] = error.why

    threads = [threading.Thread(target=f, args=a) for f, a in ((first, ()), (asks, ("fast", 0.0)), (asks, ("slow", 0.7)))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert answers == {"fast": "fast", "slow": "time"}


@pytest.mark.parametrize("bound", ["rows", "memory"])
def test_rows_and_memory_are_bounded(small: Path, monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    if bound == "memory":

        def full(*_args: Any, **_kwargs: Any) -> Any:
            raise MemoryLimitError("does not fit /path/of/mine", fix="raise --memory")

        monkeypatch.setattr(Corpus, "fetch", full)
    with serving(small, replace(QUICK, max_rows=3 if bound == "rows" else 10**6)) as server:
        status, headers, body = server.get("/api/v1/rankings/share/country?period=2019")
        assert status == 503 and headers["retry-after"] and b"/path" not in body
        assert json.loads(body)["title"] == "too large for this server"


def test_an_update_while_pages_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that began before a commit is answered from what it began with, also if that generation is to be pruned."""
    gate, real = Gate(), Site.sure

    def slow(self: Site, recipe: Any, wish: str = "") -> Any:
        if recipe.counting == "first":
            gate()
        return real(self, recipe, wish)

    monkeypatch.setattr(Site, "sure", slow)
    path = small_world.build(tmp_path / "obs", works=120)
    before = Store.open(path).digest
    with serving(path, replace(QUICK, patience_s=60)) as server:
        found: dict[str, Any] = {}
        address = "/api/v1/rankings/share/country?intervals=0&counting={}"
        thread = threading.Thread(target=lambda: found.update(answer=server.get(address.format("first"))))
        thread.start()
        gate.until(lambda: gate.inside == 1)
        store = Store.open(path)
        with store.write() as change:
            change.replace("work", store.read("work").slice(0, 80))
        store.prune(keep=1)
        assert [g for g in store.generations() if g < store.generation], "the generation that is read was pruned"
        deadline = time.monotonic() + 30
        while json.loads(server.get("/api/v1")[2])["data"]["digest"] == before:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        new = json.loads(server.get(address.format("last"))[2])["meta"]
        gate.open.set()
        thread.join()
        status, _, body = found["answer"]
        assert status == 200
        old = json.loads(body)["meta"]
        assert (old["data"]["digest"], new["data"]["digest"]) == (before, store.digest)
        assert old["records"] > new["records"]
    gc.collect()
    assert store.prune(keep=1) > 0
    assert store.generations() == [store.generation]


def test_names_that_are_not_served_are_refused(small: Path) -> None:
    with serving(small, replace(QUICK, names=("stats.example.org",))) as server:
        good = ("127.0.0.1", f"localhost:{server.port}", "[::1]:80", "stats.example.org", "STATS.example.org.:443", "10.1.2.3:8000")
        bad = (
            "evil.example",
            "localhost.evil.example",
            "stats.example.org.evil.example",
            "127.0.0.1.evil.example",
            "[::1",
            "localhost:80:1",
            "a@localhost",
        )
        for name in good:
            assert server.get("/rules", Host=name)[0] == 200, name
        for name in bad:
            status, headers, body = server.get("/rules", Host=name)
            assert status == 421 and json.loads(body)["status"] == 421 and headers["content-type"] == "application/problem+json", name
    assert is_served(b"any.example", served(["*"]))


def test_slow_clients_are_cut(small: Path) -> None:
    with serving(small, replace(QUICK, head_s=0.5, idle_s=1)) as server:
        starts = (
            b"",
            b"GET / HT",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nabc",
        )
        for start in starts:
            with server.socket() as client:
                client.sendall(start)
                begin = time.monotonic()
                while _read(client):
                    pass
                assert time.monotonic() - begin < 10, start
        with server.socket() as client:  # an idle one after its answer, and one that begins a second request and stops
            client.sendall(b"GET /robots.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert _read(client).startswith(b"HTTP/1.1 200")
            client.sendall(b"GET /robots")
            begin = time.monotonic()
            while _read(client):
                pass
            assert time.monotonic() - begin < 10
        assert server.get("/robots.txt")[0] == 200


def test_who_does_not_take_its_answer_is_cut(small: Path) -> None:
    """The answers to many requests in one go are larger than what the two systems hold for a client that reads nothing."""
    with serving(small, replace(QUICK, head_s=0.5, idle_s=1)) as server, server.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        begin, cut = time.monotonic(), False
        while not cut and time.monotonic() - begin < 30:
            try:
                client.settimeout(0.5)
                client.sendall(b"GET /map HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
            except TimeoutError:
                continue
            except OSError:
                cut = True
        assert cut
        assert server.get("/robots.txt")[0] == 200


def _read(client: socket.socket) -> bytes:
    try:
        return client.recv(65536)
    except ConnectionError:
        return b""


def test_nobody_holds_all_connections(small: Path) -> None:
    with serving(small, replace(QUICK, connections_per_client=5)) as server:
        held = [server.socket() for _ in range(5)]
        time.sleep(0.2)
        with server.socket() as one_more:
            one_more.sendall(b"GET /robots.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
            said = _read(one_more)
            assert said.startswith(b"HTTP/1.1 503 ") and b"Retry-After: 5" in said and b"too many connections" in said
        for client in held:
            client.close()
        time.sleep(0.3)
        assert server.get("/robots.txt")[0] == 200


def test_a_forwarded_address_is_not_believed(small: Path) -> None:
    with serving(small, replace(QUICK, rate_per_s=0.2, burst=3)) as server:
        answers = [server.get("/robots.txt", X_Forwarded_For=f"10.0.0.{n}")[0] for n in range(5)]
        assert answers == [200, 200, 200, 429, 429]


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/rankings/share/city?perod=2024", 400, "period"),
        ("/rankings/share/city?period=2023&period=2024", 400, "more than once"),
        ("/rankings/share/city?" + "&".join(f"option=a{n}=1" for n in range(30)), 400, "more than the 24"),
        ("/rules?x=1", 400, "no parameter"),
        ("/nowhere", 404, "no such page"),
        ("/rankings/share/city.pdf", 422, "unit"),
        ("/rules.png", 404, "no chart"),
        ("/api/v1/nope", 404, "no such page"),
        ("/api/v1/units/city?q=a&q=b", 400, "more than once"),
        ("/api/v1/rankings/share/city?option=tags=goal.csv&perr=5", 400, "per"),
    ],
)
def test_requests_are_refused_before_any_work(
    get: Any, app: Any, monkeypatch: pytest.MonkeyPatch, address: str, status: int, said: str
) -> None:
    def work(*_args: Any, **_kwargs: Any) -> Any:
        raise AssertionError("the engine was asked")

    monkeypatch.setattr(Site, "engine", work)
    monkeypatch.setattr(Site, "remember", work)
    answer = get(address)
    assert answer.status == status and said in answer.text
    if address.startswith("/api/"):
        assert set(answer.json()) == {"type", "title", "status", "detail"}


def test_derived_tables_are_dropped_by_age_and_size(small: Path) -> None:
    obs = open_observatory(small, threads=1)
    first = obs.rank("mncs", unit="country", period="2020-2022").arrow
    kept = _derived(obs.corpus)
    assert kept
    assert obs.corpus.drop_derived(bytes_n=1 << 40, age_s=3600) == 0
    obs.corpus.con.raw_sql("CREATE TEMP TABLE memo_left_by_a_stopped_one AS SELECT 1 AS a")
    assert obs.corpus.drop_derived(bytes_n=1 << 40, age_s=3600) == 1
    assert _derived(obs.corpus) == kept
    assert obs.corpus.drop_derived(bytes_n=0, age_s=3600) == len(kept) and not _derived(obs.corpus)
    assert obs.rank("mncs", unit="country", period="2020-2022").arrow.equals(first)
    assert obs.corpus.drop_derived(bytes_n=1 << 40, age_s=0) == len(kept)
    assert obs.rank("mncs", unit="country", period="2020-2022").arrow.equals(first)


def test_expressions_and_values_are_bounded_too(small: Path) -> None:
    corpus = open_observatory(small, threads=1).corpus
    work = corpus.table("work")
    for n in range(1000):
        corpus.value(f"value {n}", lambda n=n: n)
        corpus.memo(f"lazy {n}", lambda: work, keep=False)
    corpus.drop_derived(bytes_n=1 << 40, age_s=3600)
    assert len(corpus._values) <= 400 and len(corpus._memo) <= 400
    assert corpus.value("value 999", lambda: None) == 999 and corpus.value("value 0", lambda: "again") == "again"


def test_a_server_that_starts_has_done_what_the_first_reader_would_wait_for(small: Path) -> None:
    from armillary.web.assets import assets

    assets.cache_clear()
    app = create_app(small, settings=QUICK, threads=1)
    app.warm()
    assert assets.cache_info().currsize == 1
    assert all(o.corpus._connection is not None for seats in app.site.newest._seats.values() for o in seats)


@pytest.mark.slow
def test_odd_requests_do_not_let_the_engine_grow(small: Path) -> None:
    site = Site(small, replace(QUICK, derived_bytes=200_000, rankings_kept=10), threads=1)
    sizes = []
    for year in range(2018, 2024):
        for counting in ("full", "first"):
            site.ranking(site.obs.recipe("mncs", unit="country", period=f"{year}-2024", counting=counting))
        with site.engine() as obs:
            sizes.append(
                obs.corpus.con.raw_sql("SELECT sum(estimated_size * column_count * 8) FROM duckdb_tables() WHERE temporary").fetchone()[0]
            )
    assert max(float(s or 0) for s in sizes) <= 200_000 and len(site.opened._memo) <= 10


def _derived(corpus: Corpus) -> list[str]:
    return sorted(
        r[0] for r in corpus.con.raw_sql("SELECT table_name FROM duckdb_tables() WHERE temporary AND table_name LIKE 'memo%'").fetchall()
    )


def test_years_without_papers_have_their_place(tmp_path: Path) -> None:
    papers = [{"id": n, "authors": [[[1]]], "year": year} for n, year in enumerate((2000, 2001, 2004), 1)]
    site = Site(observatory(tmp_path / "obs", papers, {1: "CN"}).path, unhurried(), threads=1)
    years, values = series_of(site, site.indicator("count"), "country", Choice())
    assert years == ["2000", "2001", "2002", "2003", "2004"] and values == {"CN": [1.0, 1.0, 0.0, 0.0, 1.0]}
    assert series_of(site, site.indicator("pp-international"), "country", Choice())[1] == {"CN": [0.0, 0.0, None, None, 0.0]}
