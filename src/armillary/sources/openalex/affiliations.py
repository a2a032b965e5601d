"""Which author has which institutions on which address lines: one set of rows from three generations of records.

Every author has at least one row. If the record ties institutions to address lines, an institution stands on its line; a line without a
matched institution keeps a row with a null institution. An institution is its number, however its link is spelled; an id without a number
is no match. If it does not (several lines, one list of institutions), the institutions stand
on line 0. Within a line institutions follow their ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from armillary.sources.openalex.ids import institution_number as number
from armillary.sources.openalex.mentions import Mentions
from armillary.sources.openalex.records import Authorship, Institution, Work

Row = tuple[int, int, int | None, str | None, str | None, int, bool]
"""Index of the author in the batch, address_seq, institution, country, raw line, n_in_address, is_repeat."""
_NO_LINEAGE = (0, 4)
"""Lengths of a missing lineage and of ``null``."""


class AffiliationRows:
    """Affiliation and author_country rows of a batch of works, numbered by author within the batch."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        # one entry an author
        self.n_addresses: list[int] = []
        self.n_institutions: list[int] = []
        # one entry a row of author_country
        self.country_author: list[int] = []
        self.country: list[str] = []

    def add(self, works: Iterable[Work], mentions: Mentions, quirks: Counter[str]) -> None:
        """All authors of all ``works``; institutions are noted in ``mentions``.

        This is the innermost loop of the ingest, so the two commonest shapes (nothing known; one institution on one line) are written out.
        """
        row, n_addresses, n_institutions = self.rows.append, self.n_addresses.append, self.n_institutions.append
        institution_mentions, add_institution = mentions.institutions, mentions.add_institution
        index = -1
        n_none = n_odd = n_no_id = n_no_ror = n_no_country = n_no_lineage = n_no_countries = n_one_string = 0
        for work in works:
            updated, work_id = work.updated_date or work.updated or "", work.id or ""
            said: set[str] = set()
            for author in work.authorships or ():
                index += 1
                institutions, addresses, countries = author.institutions, author.affiliations, author.countries
                one_string = author.raw_affiliation_string if author.raw_affiliation_strings is None else None
                n_one_string += one_string is not None
                if not institutions:
                    n_none += 1
                    if not addresses and not author.raw_affiliation_strings and not one_string:
                        row((index, 0, None, None, None, 0, False))
                        n_addresses(0)
                        n_institutions(0)
                    else:
                        n_odd += self.general(index, author, quirks)
                    if countries:
                        self._countries(index, countries, (), quirks)
                    continue
                for i in institutions:
                    link = i.id
                    if link is None:
                        n_no_id += 1
                    else:
                        before = institution_mentions.get(link)
                        if (before is None or updated >= before[0]) and link not in said:
                            said.add(link)
                            add_institution(i, updated, work_id)
                    n_no_ror += i.ror is None
                    n_no_country += i.country_code is None
                    n_no_lineage += len(i.lineage) in _NO_LINEAGE and bytes(i.lineage) in (b"", b"null")
                only = institutions[0]
                found = number(only.id)
                if len(institutions) > 1 or found is None:
                    n_odd += self.general(index, author, quirks)
                elif addresses and len(addresses) == 1 and addresses[0].institution_ids == [only.id]:
                    row((index, 1, found, only.country_code, addresses[0].raw_affiliation_string, 1, False))
                    n_addresses(1)
                    n_institutions(1)
                elif one_string and not addresses:
                    row((index, 1, found, only.country_code, one_string, 1, False))
                    n_addresses(1)
                    n_institutions(1)
                else:
                    n_odd += self.general(index, author, quirks)
                if countries:
                    if len(countries) > 1 or len(institutions) > 1 or countries[0] != only.country_code or found is None:
                        self._countries(index, countries, institutions, quirks)
                elif countries is not None:
                    n_no_countries += 1
        quirks.update(
            {
                name: n
                for name, n in {
                    "author-without-institution": n_none,
                    "institution-without-id": n_no_id,
                    "institution-without-ror": n_no_ror,
                    "institution-without-country": n_no_country,
                    "institution-without-lineage": n_no_lineage,
                    "institution-but-no-countries": n_no_countries,
                    "one-affiliation-string": n_one_string,
                    "odd-id-institution": n_odd,
                }.items()
                if n
            }
        )

    def general(self, index: int, author: Authorship, quirks: Counter[str]) -> int:
        """Rows of one author, whatever the record looks like. Returns how many of its links of institutions have no number."""
        n_odd = 0
        listed: dict[int, str | None] = {}
        for i in author.institutions or ():
            if (found := number(i.id)) is not None:
                listed.setdefault(found, i.country_code)
            else:
                n_odd += i.id is not None
        lines: dict[str | None, list[int]] = {}
        if author.affiliations:
            for address in author.affiliations:
                line = lines.setdefault(address.raw_affiliation_string, [])
                for link in address.institution_ids or ():
                    if (found := number(link)) is None:
                        n_odd += link is not None
                    elif found not in line:
                        line.append(found)
            tied = {i for line in lines.values() for i in line}
            is_tied = tied.issuperset(listed)
        else:
            strings = author.raw_affiliation_strings or [author.raw_affiliation_string]
            lines = {s: [] for s in strings if s}
            if len(lines) == 1:
                next(iter(lines.values())).extend(listed)
            tied = set()
            is_tied = not listed or len(lines) == 1
        self.n_addresses.append(len(lines))
        add = self.rows.append
        if not is_tied:
            if lines:
                quirks["institution-not-tied-to-address"] += 1
            everything = sorted({*listed, *tied})
            for institution in everything:
                add((index, 0, institution, listed.get(institution), None, len(everything), False))
            self.n_institutions.append(len(everything))
            return n_odd
        seen: set[int] = set()
        for seq, (raw, line) in enumerate(lines.items(), start=1):
            for institution in sorted(line):
                add((index, seq, institution, listed.get(institution), raw, len(line), institution in seen))
                seen.add(institution)
            if not line:
                add((index, seq, None, None, raw, 0, False))
        if not lines:
            add((index, 0, None, None, None, 0, False))
        self.n_institutions.append(len(seen))
        return n_odd

    def _countries(self, index: int, countries: Iterable[str | None], institutions: Sequence[Institution], quirks: Counter[str]) -> None:
        known = {i.country_code for i in institutions if number(i.id) is not None}
        extra = sorted({c for c in countries if c and c not in known})
        self.country_author += [index] * len(extra)
        self.country += extra
        if extra and not institutions:
            quirks["countries-without-institution"] += 1
