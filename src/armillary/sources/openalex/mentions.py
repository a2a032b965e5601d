"""What works say about institutions, sources and topics, for those without an own record at hand."""

from __future__ import annotations

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Raw

from armillary.core.store import Transaction
from armillary.sources.openalex import ids
from armillary.sources.openalex.records import Institution, Source, Topic, TopicLevel

Content = tuple[str, ...]
Mention = tuple[str, str, Content]
"""``updated_date`` and link of the work, and what it says."""


class Mentions:
    """The newest mention of each entity by its link.

    Of equally new mentions by different records the greater content wins, and within one record the first, so that the order of files
    does not matter. The caller offers only the first mention of a record.
    """

    def __init__(self) -> None:
        self.institutions: dict[str, Mention] = {}
        self.sources: dict[str, Mention] = {}
        self.topics: dict[str, Mention] = {}

    def add_institution(self, i: Institution, updated: str, work: str) -> None:
        """Remember an institution (with id)."""
        assert i.id is not None
        before = self.institutions.get(i.id)
        if before is not None and before[0] == updated and _same_institution(i, before[2]):
            return  # where many works share a date, nearly all ties are between equals
        content = (i.display_name or "", i.ror or "", i.type or "", i.country_code or "", _lineage(i.lineage))
        keep(self.institutions, i.id, (updated, work, content))

    def add_source(self, s: Source, updated: str, work: str) -> None:
        """Remember a source (with id)."""
        assert s.id is not None
        before = self.sources.get(s.id)
        if before is not None and (updated < before[0] or (updated == before[0] and _same_source(s, before[2]))):
            return
        issns = s.issn if isinstance(s.issn, list) else [s.issn]
        content = (
            s.display_name or "",
            s.type or "",
            s.issn_l or "",
            ";".join(sorted({i for i in issns if i})),
            s.host_organization_name or s.publisher or "",
            "" if s.is_core is None else str(int(s.is_core)),
        )
        keep(self.sources, s.id, (updated, work, content))

    def add_topic(self, t: Topic, updated: str, work: str) -> None:
        """Remember a topic (with id)."""
        assert t.id is not None
        before = self.topics.get(t.id)
        if before is not None and (updated < before[0] or (updated == before[0] and _same_topic(t, before[2]))):
            return
        keep(self.topics, t.id, (updated, work, (t.display_name or "", *_level(t.subfield), *_level(t.field), *_level(t.domain))))

    def all(self) -> tuple[dict[str, Mention], dict[str, Mention], dict[str, Mention]]:
        """Institutions, sources, topics."""
        return self.institutions, self.sources, self.topics

    def dump(self) -> bytes:
        """All mentions, for :meth:`load`."""
        return msgspec.msgpack.encode([sorted(d.items()) for d in self.all()])

    @classmethod
    def load(cls, data: bytes) -> Mentions:
        """What :meth:`dump` gave."""
        self = cls()
        self.institutions, self.sources, self.topics = map(dict, msgspec.msgpack.decode(data, type=list[list[tuple[str, Mention]]]))
        return self

    def merge(self, other: Mentions) -> None:
        """Take over what is newer in ``other``."""
        for mine, theirs in zip(self.all(), other.all(), strict=True):
            for link, mention in theirs.items():
                keep(mine, link, mention)


def _same_institution(i: Institution, c: Content) -> bool:
    return c[0] == i.display_name and c[1] == i.ror and c[2] == i.type and c[3] == i.country_code and c[4] == bytes(i.lineage).decode()


def _same_source(s: Source, c: Content) -> bool:
    """Whether a source says nothing but ``c``; an early no is allowed."""
    if not (c[0] == s.display_name and c[1] == s.type and c[2] == s.issn_l and c[4] == s.host_organization_name and s.is_core is not None):
        return False
    return isinstance(s.issn, list) and c[3] == ";".join(sorted({i for i in s.issn if i})) and c[5] == str(int(s.is_core))


def _same_topic(t: Topic, c: Content) -> bool:
    a, b, d = t.subfield, t.field, t.domain
    if a is None or b is None or d is None or c[0] != t.display_name:
        return False
    return c[1:] == (a.id, a.display_name, b.id, b.display_name, d.id, d.display_name)


class Stale:
    """Mentions whose work was replaced by a newer version that may no longer say so.

    Which work a stored mention came from is told by its date (to the microsecond in OpenAlex).
    """

    def __init__(self, txn: Transaction, mentions: Mentions) -> None:
        stored = [txn.read(name, ["origin", "updated_date"]) for name in ("institution", "source", "topic")]
        self._watched = pc.unique(
            pa.chunked_array(
                [chunk for t in stored for chunk in t.filter(pc.equal(t["origin"], "mention"))["updated_date"].chunks], pa.string()
            )
        )
        works = [ids.number(work) for known in mentions.all() for _, work, _ in known.values()]
        self._works = pa.array(sorted({w for w in works if w is not None}), pa.int64())
        self.dates: set[str] = set()
        """Dates of works of the observatory that were replaced and that mentions come from."""
        self._replaced: set[tuple[int, str]] = set()

    def note(self, works: pa.Array, updated: pa.Array, *, is_new: bool) -> None:
        """These versions of works were replaced."""
        if is_new:
            hit = pc.is_in(works, value_set=self._works)
            self._replaced.update(zip(works.filter(hit).to_pylist(), updated.filter(hit).to_pylist(), strict=True))
        else:
            self.dates.update(updated.filter(pc.is_in(updated, value_set=self._watched)).to_pylist())

    def apart(self, mentions: Mentions) -> tuple[Mentions, Mentions]:
        """``(mentions of works that are here, those of replaced versions)``.

        Only the newest mention of an entity is remembered; if a replaced version made it, an older work that is still here may name the
        entity as well, so the second kind is what is known of entities that nothing else describes.
        """
        kept, rest = Mentions(), Mentions()
        for mine, others, all_ in zip(kept.all(), rest.all(), mentions.all(), strict=True):
            for link, m in all_.items():
                (others if (ids.number(m[1]), m[0]) in self._replaced else mine)[link] = m
        return kept, rest


def keep(known: dict[str, Mention], link: str, mention: Mention) -> None:
    """Put a mention in its place if it is newer than the one there, or of the same date and greater."""
    before = known.get(link)
    if before is None or mention[0] > before[0] or (mention[0] == before[0] and mention[2] > before[2]):
        known[link] = mention


def _lineage(raw: Raw) -> str:
    """A lineage as compact JSON, empty if there is none, however the record spells it."""
    text = bytes(raw).decode()
    if " " in text or "\\" in text or text == "null":
        try:
            links = msgspec.json.decode(text, type=list[str | None] | None)
        except (msgspec.MsgspecError, RecursionError):
            return ""
        return "" if links is None else msgspec.json.encode(links).decode()
    return text


def _level(level: TopicLevel | None) -> tuple[str, str]:
    return ("", "") if level is None else (str(level.id or ""), level.display_name or "")
