"""The OpenAlex API: page through a query into ``OUT/<entity>/part_NNNN.gz``, which ``armillary ingest openalex`` reads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from armillary.errors import FetchError
from armillary.sources.fetch import authors, files, parts
from armillary.sources.fetch.allowance import facts, usd_of
from armillary.sources.fetch.asking import Api, Batch
from armillary.sources.fetch.faults import LATER, Refused
from armillary.sources.fetch.identity import id_of
from armillary.sources.fetch.parts import State
from armillary.sources.fetch.query import Selection, noted_before


@dataclass(frozen=True)
class FetchReport:
    """One run. ``requests`` counts every attempt; ``resumed`` records were there before; ``expected`` is what the API says there are.

    ``twice``: records that came again, in another piece of the query or page of a sample, and were left out. ``cut_authors``: works whose
    list of authors is cut at 100 and not completed; ``completed``: those completed in this run. ``counted``: works
    behind groups.
    """

    address: str
    folder: str
    expected: int
    records: int
    resumed: int
    files: int
    bytes: int
    requests: int
    network_bytes: int
    credits: float
    usd: float
    left: str | None
    pieces: int
    twice: int
    cut_authors: int
    completed: int
    not_completed: int
    counted: int
    changes: int


@dataclass(frozen=True)
class Estimate:
    """What a fetch would take, judged by its first page: ``requests``, dollars and compressed ``bytes`` for what is not ``here`` yet.

    ``is_guess``: only the first of several pieces was asked.
    """

    address: str
    expected: int
    here: int
    requests: int
    usd: float
    bytes: int
    free_bytes: int
    pieces: int
    is_guess: bool
    asked_usd: float
    allowance: str | None


def folder_of(query: Selection, out: Path) -> Path:
    """Where the records of a query are kept; groups have a folder that no ingest takes for records."""
    return out / (query.entity if query.group_by is None else f".{query.entity}_by_{query.group_by.replace(':', '_')}")


def estimate(api: Api, query: Selection, out: Path, *, fresh: bool = False) -> Estimate:
    """Ask for one page and project from it; writes nothing. ``fresh``: as if nothing was here."""
    query.check()
    pieces = query.pieces()
    page, _ = _page(api, query, pieces[0], _first(query))
    records = _records(query, page)
    n, size = len(records), len(parts.packed(records))
    state = None if fresh else parts.read_state(folder_of(query, out))
    if state is not None and noted_before(state.query) != query.noted():
        state = None
    here, is_done = (0, False) if state is None else (state.records, state.cursor is None)
    a_piece = n if query.group_by else _counted(query, page)
    expected = a_piece * len(pieces)
    missing = 0 if is_done else max(0, expected - here)
    pages = 0 if is_done else max(len(pieces) - (state.piece if state else 0), -(-missing // query.per_page))
    whole = 0 if n == 0 else round(size * missing / n)
    return Estimate(
        query.address,
        expected,
        here,
        pages,
        usd_of(pages, is_search=query.is_search),
        whole if not is_done else 0,
        files.free_bytes(out),
        len(pieces),
        len(pieces) > 1 or (query.group_by is not None and page.meta.next_cursor is not None),
        api.account.usd,
        api.account.rest,
    )


def fetch(
    api: Api,
    query: Selection,
    out: Path,
    *,
    records_per_file: int = 10_000,
    fresh: bool = False,
    complete_authors: bool = False,
    total: Callable[[int], None] = lambda _: None,
    progress: Callable[[int, int], object] = lambda _, __: None,
) -> FetchReport:
    """Fetch all pages that are not here yet. :class:`FetchError` when the budget ends or the server refuses; what came is kept."""
    query.check()
    pieces = query.pieces()
    folder = folder_of(query, out)
    done = authors.Completion()
    with files.locked(folder), files.disk_faults(folder):
        state = parts.begin(folder, query, fresh=fresh)
        before = state.records
        if state.cursor is not None and (folder / "manifest").exists():
            (folder / "manifest").unlink()
        if state.expected:
            total(state.expected)
            progress(before, before)
        if state.cursor == "*":
            state.cursor = _first(query)
        _pages(api, query, pieces, folder, state, records_per_file, total, progress)
        if complete_authors and query.entity == "works" and query.group_by is None:
            done = authors.complete(api, query, folder, state)
        parts.manifest(folder, query, state)
    return FetchReport(
        query.address,
        str(folder),
        state.expected,
        state.records,
        before,
        len(state.parts),
        sum(p["bytes"] for p in state.parts),
        api.requests,
        api.came,
        api.account.credits,
        api.account.usd,
        api.account.rest,
        len(pieces),
        state.twice,
        state.cut_authors,
        done.completed,
        done.not_completed,
        state.counted,
        state.changes,
    )


def _pages(
    api: Api,
    query: Selection,
    pieces: list[dict[str, str]],
    folder: Path,
    state: State,
    records_per_file: int,
    total: Callable[[int], None],
    progress: Callable[[int, int], object],
) -> None:
    may_repeat = len(pieces) > 1 or (state.cursor or "").startswith("page=")
    known = {id_of(r) for r in parts.here(folder, state)} if may_repeat and state.cursor is not None else set()
    seen: set[tuple[int, str | None]] = {(state.piece, state.cursor)}
    contents: set[bytes] = set()
    while state.cursor is not None:
        page, state.cursor = _page(api, query, pieces[state.piece], state.cursor)
        may_repeat |= state.cursor.startswith("page=")
        if state.piece_records and state.counted != page.meta.count:
            state.changes += 1
        state.counted = page.meta.count
        expected = state.expected_before + _counted(query, page)
        if query.group_by is None and state.expected != expected:
            state.expected = expected
            total(expected)
        came = _records(query, page)
        content = hashlib.sha256(b"\n".join(came)).digest()
        state.piece_records += len(came)
        following = _next(query, state, page, len(came))
        if (following is not None and (state.piece, following) in seen) or (came and content in contents):
            raise FetchError("the cursor goes in a circle", where=query.address, fix="try again with --fresh")
        if following is None and state.piece + 1 < len(pieces):
            state.piece, state.piece_records, state.expected_before = state.piece + 1, 0, state.expected
            following, contents = _first(query), set()
        seen.add((state.piece, following))
        contents.add(content)
        kept = _new(came, known) if may_repeat else came
        state.twice += len(came) - len(kept)
        if query.entity == "works" and query.group_by is None:
            kept, cut = authors.marked(kept)
            state.cut_authors += cut
        parts.append(folder, state, kept)
        state.cursor = following
        if state.open_records >= records_per_file or (following is None and state.open_records):
            parts.close(folder, state)
        parts.save(folder, state)
        progress(len(kept), len(kept))
        if api.account.is_used_up and following is not None:
            of = f" of {state.expected:,}" if query.group_by is None and len(pieces) == 1 else ""
            raise FetchError(
                f"the server's allowance is used up after {state.records:,}{of} {'groups' if query.group_by else 'records'}",
                where=query.address,
                fix=f"when it is renewed{api.account.renewed}, {LATER}",
            )
    if query.group_by is not None:
        state.expected = state.records


def _page(api: Api, query: Selection, piece: dict[str, str], place: str) -> tuple[Batch, str]:
    """The page at a place, and that place.

    Without a key cursors may be refused (HTTP 401, since October 2026) and pages by number not: the first one is then asked for so. The
    refusal stands if there are more records than can be had by number.
    """
    try:
        return api.page(query, piece, place), place
    except Refused as refused:
        if refused.code != 401 or api.key or place != "*":
            raise
        page = api.page(query, piece, "page=1")
        only = f"first {facts()['by_number']:,} of {page.meta.count:,} records" if page.meta.count > facts()["by_number"] else ""
        if query.group_by is not None:
            only = f"{facts()['groups']} largest groups" if len(page.group_by) >= facts()["groups"] else ""
        if only:
            what = f"{refused.what}; without a key only the {only} can be had"
            raise FetchError(what, where=query.address, fix="put your key into the environment variable OPENALEX_API_KEY") from None
        return page, "page=1"


def _first(query: Selection) -> str:
    return "page=1" if query.pages_by_number else "*"


def _next(query: Selection, state: State, page: Batch, n: int) -> str | None:
    """The place after this page; None at the end, which is an empty page, no cursor, or all records on pages of which one is not full."""
    assert state.cursor is not None
    if n == 0:
        return None
    if state.cursor.startswith("page="):
        number = int(state.cursor.removeprefix("page="))
        if query.group_by is not None:
            return None  # one page is all that comes so
        return f"page={number + 1}" if number * query.per_page < _counted(query, page) else None
    if query.group_by is None and n < query.per_page and state.piece_records >= page.meta.count:
        return None  # the next page would be empty, and paid for
    return page.meta.next_cursor or None


def _records(query: Selection, page: Batch) -> list[bytes]:
    return [bytes(r) for r in (page.results if query.group_by is None else page.group_by)]


def _counted(query: Selection, page: Batch) -> int:
    """Records of the answer; of a sample, whether the server counts the sample or what it is taken from."""
    return page.meta.count if query.sample is None else min(page.meta.count, query.sample)


def _new(records: list[bytes], known: set[bytes]) -> list[bytes]:
    """Those whose id was not there yet; ``known`` learns them."""
    kept = []
    for record in records:
        identifier = id_of(record)
        if identifier not in known:
            known.add(identifier)
            kept.append(record)
    return kept
