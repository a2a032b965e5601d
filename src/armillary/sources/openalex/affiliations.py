"""Which author has which institutions on which address lines: one set of rows from three generations of records.

Every author has at least one row. If the record ties institutions to address lines, an institution stands on its line; a line without a
matched institution keeps a row with a null institution. If it does not (several lines, one list of institutions), the institutions stand
on line 0. Within a line institutions follow their ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from armillary.sources.openalex.ids import number
from armillary.sources.openalex.records import Authorship, Institution


class Rows:
    """Column lists of the affiliation and author_country rows of a batch of authors, and the newest mention of each institution."""

    __slots__ = (
        "address_seq", "author", "country", "country_author", "country_code", "institution", "is_repeat", "mentions", "n_addresses",
        "n_author_institutions", "n_in_address", "quirks", "raw",
    )

    def __init__(self, mentions: dict[str, tuple[str, str, Sequence[object]]], quirks: Counter[str]) -> None:
        self.mentions = mentions
        self.quirks = quirks
        # one entry a row of affiliation; author is the index of the author in the batch
        self.author: list[int] = []
        self.address_seq: list[int] = []
        self.institution: list[str | None] = []
        self.country_code: list[str | None] = []
        self.raw: list[str | None] = []
        self.n_in_address: list[int] = []
        self.is_repeat: list[bool] = []
        # one entry an author
        self.n_addresses: list[int] = []
        self.n_author_institutions: list[int] = []
        # one entry a row of author_country
        self.country_author: list[int] = []
        self.country: list[str] = []

    def add(self, index: int, author: Authorship, updated: str, work: str) -> None:
        """Add all rows of one author of ``work`` (last changed ``updated``)."""
        institutions = author.institutions
        if institutions:
            self._mention(institutions, updated, work)
        addresses = author.affiliations
        if not institutions and not addresses and not author.raw_affiliation_strings and not author.raw_affiliation_string:
            self._row(index, 0, None, None, None, 0, False)
            self.n_addresses.append(0)
            self.n_author_institutions.append(0)
        elif addresses and len(addresses) == 1 and institutions and len(institutions) == 1 and addresses[0].institution_ids == [institutions[0].id]:
            only = institutions[0]
            matched = only.id is not None
            self._row(index, 1, only.id, only.country_code, addresses[0].raw_affiliation_string, int(matched), False)
            self.n_addresses.append(1)
            self.n_author_institutions.append(int(matched))
        else:
            self._general(index, author)
        if author.countries:
            self._countries(index, author.countries, institutions or ())

    def _row(self, author: int, seq: int, institution: str | None, country: str | None, raw: str | None, n: int, repeat: bool) -> None:
        self.author.append(author)
        self.address_seq.append(seq)
        self.institution.append(institution)
        self.country_code.append(country)
        self.raw.append(raw)
        self.n_in_address.append(n)
        self.is_repeat.append(repeat)

    def _general(self, index: int, author: Authorship) -> None:
        listed = {i.id: i.country_code for i in author.institutions or () if i.id}
        lines: dict[str | None, list[str]] = {}
        if author.affiliations:
            for address in author.affiliations:
                line = lines.setdefault(address.raw_affiliation_string, [])
                line.extend(i for i in address.institution_ids or () if i and i not in line)
            tied = {i for line in lines.values() for i in line}
            is_tied = all(i in tied for i in listed)
        else:
            strings = author.raw_affiliation_strings or [author.raw_affiliation_string]
            lines = {s: [] for s in strings if s}
            if len(lines) == 1:
                next(iter(lines.values())).extend(listed)
            is_tied = not listed or len(lines) == 1
        if not is_tied:
            if lines:
                self.quirks["institution-not-tied-to-address"] += 1
            everything = _by_number({*listed, *(i for line in lines.values() for i in line)})
            for institution in everything:
                self._row(index, 0, institution, listed.get(institution), None, len(everything), False)
            self.n_author_institutions.append(len(everything))
            self.n_addresses.append(len(lines))
            return
        seen: set[str] = set()
        for seq, (raw, line) in enumerate(lines.items(), start=1):
            for institution in _by_number(line):
                self._row(index, seq, institution, listed.get(institution), raw, len(line), institution in seen)
                seen.add(institution)
            if not line:
                self._row(index, seq, None, None, raw, 0, False)
        if not lines:
            self._row(index, 0, None, None, None, 0, False)
        self.n_addresses.append(len(lines))
        self.n_author_institutions.append(len(seen))

    def _countries(self, index: int, countries: Iterable[str | None], institutions: Sequence[Institution]) -> None:
        known = {i.country_code for i in institutions if i.id}
        extra = sorted({c for c in countries if c and c not in known})
        self.country_author += [index] * len(extra)
        self.country += extra
        if extra and not institutions:
            self.quirks["countries-without-institution"] += 1

    def _mention(self, institutions: Sequence[Institution], updated: str, work: str) -> None:
        """Remember what the newest record says about each institution.

        Of equally new ones the greater text, so that order does not matter.
        """
        mentions = self.mentions
        for i in institutions:
            if i.id is None:
                continue
            before = mentions.get(i.id)
            if before is None or updated > before[0]:
                mentions[i.id] = (updated, work, _content(i))
            elif updated == before[0] and work != before[1] and (content := _content(i)) > before[2]:  # type: ignore[operator]
                mentions[i.id] = (updated, work, content)


def _content(i: Institution) -> tuple[str, str, str, str, str]:
    return (i.display_name or "", i.ror or "", i.type or "", i.country_code or "", bytes(i.lineage).decode())


def _by_number(links: Iterable[str]) -> list[str]:
    links = list(links)
    return links if len(links) < 2 else sorted(links, key=lambda link: (number(link) or 0, link))
