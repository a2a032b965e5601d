"""Affiliation rows of a batch of authors from leaf columns, as :mod:`.affiliations` makes them from records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from armillary.sources.openalex.affiliations import AffiliationRows
from armillary.sources.openalex.arrays import Indices, hashes
from armillary.sources.openalex.records import Authorship

if TYPE_CHECKING:
    from armillary.sources.openalex.segment import Segment


class ColumnarAffiliations:
    """The affiliation rows of the authors of a batch, sorted by author, line and institution."""

    def __init__(self, author: pa.Array, segment: Segment) -> None:
        self._segment = segment
        n = len(author)
        listed = pc.struct_field(author, "institutions")
        self.institutions = listed.flatten()
        n_listed = lengths(listed)
        self.institution_author = np.repeat(np.arange(n), n_listed)
        self._countries = pc.struct_field(self.institutions, "country_code")
        addresses = pc.struct_field(author, "affiliations")
        line, n_lines = addresses.flatten(), lengths(addresses)
        line_author = np.repeat(np.arange(n), n_lines)
        line_seq = np.arange(len(line)) - np.repeat(np.cumsum(n_lines) - n_lines, n_lines) + 1
        links = pc.struct_field(line, "institution_ids")
        link_line = np.repeat(np.arange(len(line)), lengths(links))
        mine = filled(segment.numbers_of(pc.struct_field(self.institutions, "id"), "I", "institution"))
        tied = filled(segment.numbers_of(links.flatten(), "I", "institution"))
        link_line, tied = link_line[tied >= 0], tied[tied >= 0]
        known, code = np.unique(np.concatenate([mine, tied]), return_inverse=True)
        width = len(known) + 1
        self._is_matched = mine >= 0
        mine_code, tied_code = code[: len(mine)], code[len(mine) :]
        mine_key = self.institution_author * width + mine_code
        raw = pc.struct_field(line, "raw_affiliation_string")
        strings = lengths(pc.struct_field(author, "raw_affiliation_strings"))
        odd = (n_lines == 0) & ((n_listed > 0) | (strings > 0))
        raw_code = pc.fill_null(raw.dictionary_encode().indices, -1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
        twice = np.sort(line_author * (len(line) + 1) + raw_code)
        odd[twice[1:][twice[1:] == twice[:-1]] // (len(line) + 1)] = True
        tied_key = line_author[link_line] * width + tied_code
        tied_keys = distinct(tied_key)
        odd[self.institution_author[(mine >= 0) & ~among(mine_key, tied_keys)]] = True

        pair = distinct(link_line * width + tied_code)
        pair_line, pair_code = pair // width, pair % width
        n_in = np.bincount(pair_line, minlength=len(line))
        bare = np.flatnonzero(n_in == 0)
        alone = np.flatnonzero(n_lines == 0)
        who = np.concatenate([line_author[pair_line], line_author[bare], alone])
        seq = np.concatenate([line_seq[pair_line], line_seq[bare], np.zeros(len(alone), dtype=np.int64)])
        institution = np.concatenate([known[pair_code], np.full(len(bare) + len(alone), -1)])
        n_in_address = np.concatenate([n_in[pair_line], np.zeros(len(bare) + len(alone), dtype=np.int64)])
        texts = pa.concat_arrays([raw.take(pa.array(np.concatenate([pair_line, bare]))), pa.nulls(len(alone), pa.string())])
        keys, at = np.unique(mine_key, return_index=True)
        wanted = np.concatenate([line_author[pair_line] * width + pair_code, np.full(len(bare) + len(alone), -1)])
        found = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        hit = (keys[found] == wanted) if len(keys) else np.zeros(len(wanted), dtype=bool)
        country = self._countries.take(pa.array(at[found] if len(keys) else np.zeros(len(wanted), dtype=np.int64), mask=~hit))
        self.n_addresses = n_lines.astype(np.int64)
        self.n_institutions = np.bincount(tied_keys // width, minlength=n)
        keep = ~odd[who]
        columns = [c[keep] for c in (who, seq, institution, n_in_address)]
        texts, country = texts.filter(pa.array(keep)), country.filter(pa.array(keep))
        if odd.any():
            columns, texts, country = self._with_odd(author, np.flatnonzero(odd), columns, texts, country)
        who, seq, institution, n_in_address = columns
        order = np.lexsort((np.where(institution < 0, np.iinfo(np.int64).max, institution), seq, who))
        self.author, self.seq, self.institution, self.n_in_address = who[order], seq[order], institution[order], n_in_address[order]
        self.country = country.take(pa.array(order))
        text = texts.take(pa.array(order)).dictionary_encode()
        self.raw_hash = hashes(text.dictionary.to_pylist()).take(text.indices)
        _, place = np.unique(self.institution, return_inverse=True)
        _, earliest = np.unique(self.author * (place.max() + 1) + place, return_index=True)
        self.is_repeat = self.institution >= 0
        self.is_repeat[earliest] = False
        self._author = author
        self._count(n_listed, mine)

    def _with_odd(
        self, author: pa.Array, which: Indices, columns: list[Indices], texts: pa.Array, country: pa.Array
    ) -> tuple[list[Indices], pa.Array, pa.Array]:
        """Add the rows of authors that need the general rules."""
        fields = ("affiliations", "raw_affiliation_strings", "institutions")
        some = author.take(pa.array(which))
        dropped = {"lineage"}
        records = [
            {f: [{k: v for k, v in i.items() if k not in dropped} for i in r[f] or ()] if f == "institutions" else r[f] for f in fields}
            for r in some.to_pylist()
        ]
        rows = AffiliationRows()
        for index, record in zip(which.tolist(), records, strict=True):
            rows.general(index, msgspec.convert(record, Authorship), self._segment.quirks)
        self.n_addresses[which], self.n_institutions[which] = rows.n_addresses, rows.n_institutions
        who, seq, institutions, countries, raw, n_in, _ = zip(*rows.rows, strict=True)
        more = [np.array(who), np.array(seq), filled(pa.array(institutions, pa.int64())), np.array(n_in)]
        return (
            [np.concatenate(pair) for pair in zip(columns, more, strict=True)],
            pa.concat_arrays([texts, pa.array(raw, pa.string())]),
            pa.concat_arrays([country, pa.array(countries, pa.string())]),
        )

    def extra_countries(self) -> tuple[Indices, pa.Array]:
        """``(author, country)`` that the record gives beyond the countries of the author's matched institutions, in order."""
        lists = pc.struct_field(self._author, "countries")
        given, who = lists.flatten(), np.repeat(np.arange(len(lists)), lengths(lists))
        names = pc.unique(pa.concat_arrays([given, self._countries])).drop_null()
        names = names.take(pc.sort_indices(names)).filter(pc.not_equal(names.take(pc.sort_indices(names)), ""))
        if not len(names):
            return np.zeros(0, dtype=np.int64), pa.array([], pa.string())
        code = filled(pc.index_in(given, value_set=names))
        known_code = filled(pc.index_in(self._countries, value_set=names))
        usable = (known_code >= 0) & self._is_matched
        key = distinct((who * len(names) + code)[code >= 0])
        key = key[~among(key, distinct(self.institution_author[usable] * len(names) + known_code[usable]))]
        author = key // len(names)
        n_listed = lengths(pc.struct_field(self._author, "institutions"))
        count = len(distinct(author[n_listed[author] == 0]))
        self._segment.quirks["countries-without-institution"] += count
        return author, names.take(pa.array(key % len(names)))

    def _count(self, n_listed: Indices, mine: Indices) -> None:
        i, q = self.institutions, self._segment.quirks
        countries = pc.struct_field(self._author, "countries")
        empty = countries.is_valid().to_numpy(zero_copy_only=False) & (lengths(countries) == 0)
        q.update(
            {
                name: n
                for name, n in {
                    "author-without-institution": int((n_listed == 0).sum()),
                    "institution-without-id": pc.struct_field(i, "id").null_count,
                    "institution-without-ror": pc.struct_field(i, "ror").null_count,
                    "institution-without-country": pc.struct_field(i, "country_code").null_count,
                    "institution-without-lineage": pc.struct_field(i, "lineage").null_count,
                    "institution-but-no-countries": int((empty & (n_listed > 0)).sum()),
                }.items()
                if n
            }
        )


def lengths(lists: pa.Array) -> Indices:
    """Lengths of lists; null has none."""
    found: Indices = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def filled(numbers: pa.Array) -> Indices:
    """Integers with -1 for null."""
    found: Indices = pc.fill_null(numbers, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def among(numbers: Indices, ordered: Indices) -> npt.NDArray[np.bool_]:
    """Whether each number is one of ``ordered``, which are sorted."""
    if not len(ordered):
        return np.zeros(len(numbers), dtype=bool)
    found: npt.NDArray[np.bool_] = ordered[np.minimum(np.searchsorted(ordered, numbers), len(ordered) - 1)] == numbers
    return found


def distinct(numbers: Indices) -> Indices:
    """Distinct numbers in order (several times faster than NumPy's, which hashes first and sorts then)."""
    ordered = np.sort(numbers)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered
