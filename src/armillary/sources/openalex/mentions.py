"""What works say about institutions, sources and topics, for those without an own record at hand."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from armillary.sources.openalex.records import Level, Source, Topic

Content = Sequence[object]


class Mentions:
    """The newest mention of each entity by its link: ``(updated, work, content)``.

    Of equally new mentions by different works the greater content wins, and within one work the first, so that the order of files does
    not matter.
    """

    def __init__(self) -> None:
        self.institutions: dict[str, tuple[str, str, Content]] = {}
        self.sources: dict[str, tuple[str, str, Content]] = {}
        self.topics: dict[str, tuple[str, str, Content]] = {}

    def add_source(self, s: Source, updated: str, work: str) -> None:
        """Remember a source."""
        assert s.id is not None
        before = self.sources.get(s.id)
        if before is not None and (updated < before[0] or work == before[1]):
            return
        issns = s.issn if isinstance(s.issn, list) else [s.issn]
        content = (
            s.display_name or "", s.type or "", s.issn_l or "", ";".join(sorted({i for i in issns if i})),
            s.host_organization_name or s.publisher or "", "" if s.is_core is None else str(int(s.is_core)),
        )
        if before is None or (updated, content) > (before[0], before[2]):
            self.sources[s.id] = (updated, work, content)

    def add_topic(self, t: Topic, updated: str, work: str) -> None:
        """Remember a topic."""
        assert t.id is not None
        before = self.topics.get(t.id)
        if before is not None and (updated < before[0] or work == before[1]):
            return
        content = (t.display_name or "", *_level(t.subfield), *_level(t.field), *_level(t.domain))
        if before is None or (updated, content) > (before[0], before[2]):
            self.topics[t.id] = (updated, work, content)

    def dump(self) -> bytes:
        """All mentions, for :meth:`load`."""
        return msgspec.msgpack.encode([sorted(d.items()) for d in (self.institutions, self.sources, self.topics)])

    @classmethod
    def load(cls, data: bytes) -> Mentions:
        """What :meth:`dump` gave."""
        self = cls()
        parts = msgspec.msgpack.decode(data, type=list[list[tuple[str, tuple[str, str, tuple[str, ...]]]]])
        self.institutions, self.sources, self.topics = (dict(p) for p in parts)
        return self

    def merge(self, other: Mentions) -> None:
        """Take over what is newer in ``other``."""
        for mine, theirs in ((self.institutions, other.institutions), (self.sources, other.sources), (self.topics, other.topics)):
            for link, mention in theirs.items():
                before = mine.get(link)
                if before is None or (mention[0], mention[2]) > (before[0], before[2]):  # type: ignore[operator]
                    mine[link] = mention


def _level(level: Level | None) -> tuple[str, str]:
    return ("", "") if level is None else (str(level.id or ""), level.display_name or "")
