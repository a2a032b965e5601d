"""Requests to the OpenAlex API: paced, counted, charged, and with the server's own words for each refusal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec

from armillary.errors import FetchError
from armillary.sources.fetch.allowance import Account, usd_of
from armillary.sources.fetch.faults import LATER, Policy, Stopped, Transient
from armillary.sources.fetch.http import body, check_status, client, faults_of_http
from armillary.sources.fetch.query import BASE, Selection
from armillary.sources.fetch.words import said_in

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
LARGEST_ANSWER = 128 * 2**20


class Meta(msgspec.Struct):
    """How many records answer the query, and the place of the next page."""

    count: Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
    next_cursor: str | None = None


class Batch(msgspec.Struct):
    """A page of a list; records, or groups, as they came."""

    meta: Meta
    results: list[msgspec.Raw] = []
    group_by: list[msgspec.Raw] = []


class Api:
    """Requests at no more than ``rate`` a second, and no more than ``max_requests`` in all. ``came``: bytes of answers as they came."""

    def __init__(self, policy: Policy, *, base: str = BASE, key: str | None = None, rate: float = 10.0, max_requests: int = 10_000) -> None:
        self.policy, self.key = policy, key
        self._client = client(policy, key=key, base=base, packed=True)
        self._gap, self._next = 1 / rate, 0.0
        self._most = max_requests
        self.requests = 0
        self.came = 0
        self.account = Account()

    def page(self, query: Selection, piece: dict[str, str], place: str) -> Batch:
        """The page at ``place``: a cursor, or ``page=N``."""
        name, number = ("page", place.removeprefix("page=")) if place.startswith("page=") else ("cursor", place)
        usual = usd_of(1, is_search=query.is_search)
        return self._ask(query.address, piece | {name: number}, _batch, usual, "a page of results")

    def single(self, query: Selection, identifier: str) -> bytes:
        """One record, which costs nothing, as it came."""
        wanted = {"select": query.select} if query.select else {}
        return self._ask(f"{query.address}/{identifier}", wanted, _record, 0.0, "a record")

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def _ask(self, where: str, parameters: dict[str, str], decode: Callable[[bytes], T], usual_usd: float, what: str) -> T:
        return self.policy.run(lambda: self._once(where, parameters, decode, usual_usd, what), where)

    def _once(self, where: str, parameters: dict[str, str], decode: Callable[[bytes], T], usual_usd: float, what: str) -> T:
        if self.requests >= self._most:
            raise FetchError(f"the budget of {self._most:,} requests is used up", where=where, fix=f"to go on, {LATER}")
        wait = self._next - time.monotonic()
        if wait > 0 and self.policy.stop.wait(wait):
            raise Stopped
        self._next = time.monotonic() + self._gap
        self.requests += 1
        with faults_of_http(self.policy), self._client.stream("GET", where, params=parameters) as response:
            is_right = 200 <= response.status_code < 300
            self.account.note(response.headers, usual_usd if is_right else None)
            used_up, renewed = self.account.is_used_up, self.account.renewed
            check_status(response, where, secret=self.key, fix=self._advice(response), is_used_up=used_up, renewed=renewed)
            content, came = body(response, LARGEST_ANSWER)
        self.came += came
        try:
            return decode(content)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            said = said_in(content[:20_000], self.key)
            raise Transient(f"the answer is not {what}{': ' + said if said else ''}") from None

    def _advice(self, response: httpx.Response) -> str:
        if response.status_code in (401, 403):
            return "check the key in OPENALEX_API_KEY" if self.key else "put your key into the environment variable OPENALEX_API_KEY"
        if response.status_code == 402:
            return f"when there is credit again, {LATER}"
        return "check --filter and --search; if the cursor is too old, --fresh begins anew"


def _batch(content: bytes) -> Batch:
    """A page whose records, or groups, are objects."""
    found = msgspec.json.decode(content, type=Batch)
    for record in (*found.results, *found.group_by):
        _record(bytes(record))
    return found


def _record(content: bytes) -> bytes:
    """An object, as it came."""
    made = bytes(msgspec.json.decode(content, type=msgspec.Raw)).strip()
    if not made.startswith(b"{"):
        raise msgspec.ValidationError("no object")
    return made
