"""The native Parquet snapshot: leaf columns to core tables without making a Python object of every record.

The rows are the same as those of the JSONL snapshot (a test compares them). Authors whose record does not tie institutions to address
lines in the ordinary way are rare; they go through the same code as those of JSONL (:mod:`.affiliations`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from armillary.sources.openalex import columnar_values as values
from armillary.sources.openalex import leaves
from armillary.sources.openalex.arrays import Indices, small
from armillary.sources.openalex.bylines import NAMES
from armillary.sources.openalex.columnar_authors import ColumnarAffiliations, lengths
from armillary.sources.openalex.columnar_bylines import lists_of_authors, with_authors_once
from armillary.sources.openalex.columnar_topics import given_by_default
from armillary.sources.openalex.records import type_today
from armillary.sources.openalex.segment import Segment


class ColumnarSegment(Segment):
    """A segment that is fed with batches of leaf columns."""

    def add_batch(self, batch: pa.RecordBatch, numbers: list[int], primary: Callable[[], pa.Array]) -> None:
        """Add works; ``batch`` has the leaves :data:`leaves.WORKS`. ``primary`` reads the whole primary topics of these works."""
        first = self.n_works
        self.n_works += batch.num_rows
        if not batch.num_rows:
            return
        self.n_listed, self.cut, self.n_cut_silently = lists_of_authors(batch)
        self.batch = batch = with_authors_once(batch, self.quirks)
        self.place = np.arange(first, self.n_works)
        self._whole_primary = primary
        self.links = batch.column("id").to_pylist()
        self.updated = values.or_null(values.as_text(batch.column("updated_date")))
        said = pc.fill_null(self.updated, "").dictionary_encode()
        rank = np.empty(len(said.dictionary), dtype=np.int64)
        rank[pc.array_sort_indices(said.dictionary).to_numpy()] = np.arange(len(rank))
        self.rank: Indices = rank[said.indices.to_numpy()]
        self._authors()
        self.primary = self._primary()
        self._whole = self._topics()
        topic, row = self._whole
        self.topic_ids = small(self.numbers_of(pc.struct_field(topic, "id"), "T", "topic"), pa.int32())
        self.is_default, self.is_unclassified = given_by_default(batch, self.topic_ids, topic, row, self.primary["topic"])
        self._work(numbers)
        self._children()
        del self.batch

    # --- works

    def _work(self, numbers: list[int]) -> None:
        b = self.batch
        source = pc.struct_field(b.column("primary_location"), "source")
        days = pc.utf8_slice_codeunits(values.as_text(b.column("publication_date")), 0, 10)
        dates = pc.strptime(days, format="%Y-%m-%d", unit="s", error_is_null=True)
        raw = b.column("type").dictionary_encode()
        types = pa.array([type_today(t) for t in raw.dictionary.to_pylist()], pa.string()).take(raw.indices)
        paratext = pc.or_(pc.fill_null(b.column("is_paratext"), False), pc.fill_null(pc.equal(types, "paratext"), False))
        n_authors = lengths(b.column("authorships"))
        primary = {part: pc.if_else(self.is_unclassified, None, column) for part, column in self.primary.items()}
        source_ids = self.numbers_of(pc.struct_field(source, "id"), "SV", "source")
        abstract = None
        if leaves.ABSTRACT in b.schema.names:
            length = pc.binary_length(b.column(leaves.ABSTRACT))
            abstract = pc.fill_null(pc.greater(length, 4), False)
        elif "has_abstract" in b.schema.names:
            abstract = b.column("has_abstract")
        titles, dois = b.column("title"), values.dois(b.column("doi"))
        self._keep(
            "work",
            {
                "work_id": pa.array(numbers, pa.int64()),
                "doi": dois,
                "title": titles,
                "year": small(b.column("publication_year"), pa.int16()),
                "date": dates.cast(pa.date32()),
                "type": types,
                "type_raw": b.column("type"),
                "raw_type": self._within("primary_location", "raw_type"),
                "language": b.column("language"),
                "source_id": source_ids,
                "topic_id": primary["topic"],
                "subfield_id": primary["subfield"],
                "field_id": primary["field"],
                "domain_id": primary["domain"],
                "is_retracted": pc.fill_null(b.column("is_retracted"), False),
                "is_paratext": paratext,
                "is_xpac": b.column("is_xpac"),
                "n_authors": pa.array(n_authors, pa.int32()),
                "n_corresponding": pa.array(self.n_corresponding, pa.int32()),
                "is_authors_truncated": pa.array(self.cut),
                "n_references": pc.list_value_length(b.column("referenced_works")).cast(pa.int32()),
                "cited_by_n": small(b.column("cited_by_count"), pa.int32()),
                "oa_status": pc.struct_field(b.column("open_access"), "oa_status"),
                "has_abstract": abstract if abstract is not None else pa.nulls(len(b), pa.bool_()),
                "is_sdg_classified": pc.is_valid(b.column("sustainable_development_goals")),
                "fwci_given": self._given("fwci", pa.float64()),
                "percentile_given": self._within("citation_normalized_percentile", "value", pa.float64()),
                "is_top1_given": self._within("citation_normalized_percentile", "is_in_top_1_percent", pa.bool_()),
                "is_top10_given": self._within("citation_normalized_percentile", "is_in_top_10_percent", pa.bool_()),
                "updated_date": self.updated,
            },
            self.place,
        )
        places = b.column("primary_location")
        self.quirks.update(
            {
                name: n
                for name, n in {
                    "no-doi": dois.null_count,
                    "no-title": titles.null_count,
                    "no-source": source_ids.null_count,
                    "no-location": places.null_count,
                    "markup-in-title": values.count(pc.match_substring_regex(titles, "<[A-Za-z/]|&[A-Za-z#0-9]+;")),
                    "bad-date": dates.null_count - days.null_count - values.count(pc.equal(days, "")),
                    "old-type": values.count(pc.not_equal(b.column("type"), types)),
                    "retracted": values.count(b.column("is_retracted")),
                    "paratext": values.count(paratext),
                    "xpac": values.count(b.column("is_xpac")),
                    "no-authors": int((n_authors == 0).sum()),
                    "authors-truncated": int(self.cut.sum()),
                    "authors-cut-without-a-word": self.n_cut_silently,
                    "authors-exactly-100": int((self.n_listed == 100).sum()),
                    "authors-over-100": int((self.n_listed > 100).sum()),
                    "default-topic": int(pc.sum(self.is_unclassified).as_py() or 0),
                    "no-updated-date": self.updated.null_count,
                }.items()
                if n
            }
        )
        core = pc.struct_field(source, "is_core").cast(pa.int8()).cast(pa.string())
        self._newest(
            self._mentions.sources,
            pc.struct_field(source, "id"),
            np.arange(len(b)),
            [
                *(pc.struct_field(source, c) for c in ("display_name", "type", "issn_l")),
                values.issns(pc.struct_field(source, "issn")),
                pc.struct_field(source, "host_organization_name"),
                core,
            ],
        )

    def _within(self, column: str, name: str, kind: pa.DataType | None = None) -> pa.Array:
        """A field of a struct, of nulls where the file does not have it."""
        kind = kind or pa.string()
        if column not in self.batch.schema.names or self.batch.column(column).type.get_field_index(name) < 0:
            return pa.nulls(len(self.batch), kind)
        return pc.struct_field(self.batch.column(column), name).cast(kind)

    def _given(self, column: str, kind: pa.DataType) -> pa.Array:
        """A column, of nulls where the file does not have it."""
        return self.batch.column(column).cast(kind) if column in self.batch.schema.names else pa.nulls(len(self.batch), kind)

    def _primary(self) -> dict[str, pa.Array]:
        """First topic and its levels."""
        return {
            "topic": small(self.numbers_of(self._first_topic("id"), "T", "topic"), pa.int32()),
            "subfield": values.levels(self._first_topic("subfield", "id"), pa.int16()),
            "field": values.levels(self._first_topic("field", "id"), pa.int16()),
            "domain": values.levels(self._first_topic("domain", "id"), pa.int8()),
        }

    def _first_topic(self, *names: str) -> pa.Array:
        """A field of the primary topic, or of the first topic of a work without a primary one."""
        primary, lists = self.batch.column("primary_topic"), self.batch.column("topics")
        n = lengths(lists)
        missing = primary.is_null().to_numpy(zero_copy_only=False) & (n > 0)
        given = pc.struct_field(primary, names)
        if not missing.any():
            return given
        first = pa.array(np.cumsum(n) - n, mask=~missing)
        return pc.if_else(pa.array(missing), pc.struct_field(lists.flatten(), names).take(first), given)

    def _topics(self) -> tuple[pa.Array, Indices]:
        """The topics of all works and the rows of these: of a work that lists none, its primary one."""
        lists = self.batch.column("topics")
        topic, row = lists.flatten(), self._row(lists)
        alone = np.flatnonzero(self.batch.column("primary_topic").is_valid().to_numpy(zero_copy_only=False) & (lengths(lists) == 0))
        if not len(alone):
            return topic, row
        extra = pa.array(self._whole_primary().take(pa.array(alone)).to_pylist(), topic.type)
        row = np.concatenate([row, alone])
        order = np.argsort(row, kind="stable")
        return pa.concat_arrays([topic, extra]).take(pa.array(order)), row[order]

    def _optional(self, name: str, missing: Any) -> pa.Array:
        if name in self.batch.schema.names:
            return pc.fill_null(self.batch.column(name), missing)
        return pa.array([missing] * len(self.batch))

    # --- what hangs on a work

    def _children(self) -> None:
        b = self.batch
        lists = b.column("referenced_works")
        self._keep("citation", {"cited_id": self.cited(self.numbers_of(lists.flatten(), "W", "reference"))}, self._owner(lists))
        (topic, row), found = self._whole, self.topic_ids
        if self.is_default.any():
            real = pa.array(~self.is_default)
            found, topic, row = found.filter(real), topic.filter(real), row[~self.is_default]
        self._keep("work_topic", {"topic_id": found, "score": pc.struct_field(topic, "score").cast(pa.float32())}, self.place[row])
        levels = [pc.struct_field(topic, [level, part]) for level in ("subfield", "field", "domain") for part in ("id", "display_name")]
        said = [pc.struct_field(topic, "display_name"), *levels]
        self._newest(self._mentions.topics, pc.struct_field(topic, "id"), row, said)
        lists = b.column("sustainable_development_goals")
        goal = lists.flatten()
        score = pc.struct_field(goal, "score").cast(pa.float32())
        self._keep("work_sdg", {"sdg_id": values.levels(pc.struct_field(goal, "id"), pa.int8()), "score": score}, self._owner(lists))
        lists = b.column("counts_by_year")
        year = lists.flatten()
        counts = small(pc.struct_field(year, "cited_by_count"), pa.int32())
        years = small(pc.struct_field(year, "year"), pa.int16())
        self._keep("work_citation_year", {"year": years, "cited_by_n": counts}, self._owner(lists))
        self._awards()
        if self._abstracts:
            texts = b.column(leaves.ABSTRACT).to_pylist()
            found_texts = [self._abstract_of(b"", (t or "").encode()) for t in texts]
            some = np.array([k for k, t in enumerate(found_texts) if t], dtype=np.int64)
            self._keep("work_abstract", {"abstract": pa.array([t for t in found_texts if t], pa.string())}, self.place[some])

    def _awards(self) -> None:
        """Awards, then funders that no award of the work names."""
        awards, funders = self.batch.column("awards"), self.batch.column("funders")
        a, f = awards.flatten(), funders.flatten()
        a_id = self.numbers_of(pc.struct_field(a, "funder_id"), "F", "funder")
        f_id = self.numbers_of(pc.struct_field(f, "id"), "F", "funder")
        a_row, f_row = self._row(awards), self._row(funders)
        covered = set(zip(a_row.tolist(), a_id.to_pylist(), strict=True))
        extra = np.array(
            [k for k, pair in enumerate(zip(f_row.tolist(), f_id.to_pylist(), strict=True)) if pair[1] is not None and pair not in covered],
            dtype=np.int64,
        )
        taken = pa.array(extra)
        order = np.argsort(np.concatenate([a_row, f_row[extra]]), kind="stable")
        columns = {
            "funder_id": pa.concat_arrays([a_id, f_id.take(taken)]),
            "name": pa.concat_arrays([pc.struct_field(a, "funder_display_name"), pc.struct_field(f, "display_name").take(taken)]),
            "award_id": pa.concat_arrays([values.or_null(pc.struct_field(a, "funder_award_id")), pa.nulls(len(extra), pa.string())]),
        }
        owner = self.place[np.concatenate([a_row, f_row[extra]])[order]]
        self._keep("work_award", {n: c.take(pa.array(order)) for n, c in columns.items()}, owner)

    def _row(self, lists: pa.Array) -> Indices:
        """For each element of ``lists`` the row of the batch that it belongs to."""
        return np.repeat(np.arange(len(lists)), lengths(lists))

    def _owner(self, lists: pa.Array) -> Indices:
        return self.place[self._row(lists)]

    # --- authors

    def _authors(self) -> None:
        lists = self.batch.column("authorships")
        author, row = lists.flatten(), self._row(lists)
        n = len(author)
        corresponding = pc.struct_field(author, "is_corresponding")
        flagged = pc.fill_null(corresponding, False).to_numpy(zero_copy_only=False)
        self.n_corresponding = np.bincount(row[flagged], minlength=len(lists))
        if not n:
            return
        n_authors = lengths(lists)
        seq = np.arange(n) - np.repeat(np.cumsum(n_authors) - n_authors, n_authors) + 1
        last = (seq == n_authors[row]) & (seq > 1)
        rows = ColumnarAffiliations(author, self)
        person = pc.struct_field(author, "author")
        named = self.numbers_of(pc.struct_field(person, "id"), "A", "author")
        author_ids, nobody = self.people(named)
        names = pc.coalesce(values.or_null(pc.struct_field(author, "raw_author_name")), pc.struct_field(person, "display_name"))
        orcid = values.after_slash(pc.struct_field(person, "orcid"))
        if nobody:
            is_nobody = np.zeros(n, dtype=np.bool_)
            is_nobody[nobody] = True
            orcid = pc.if_else(pa.array(is_nobody), None, orcid)
            called = pc.and_(pa.array(is_nobody), pc.is_in(names, value_set=pa.array(NAMES)))
            names = pc.if_else(called, None, names)
        place = np.where(seq == 1, 0, np.where(last, 2, 1)).astype(np.int8)
        self._keep(
            "authorship",
            {
                "author_seq": pa.array(seq),
                "author_id": author_ids,
                "author_name": names,
                "orcid": orcid,
                "position": pa.DictionaryArray.from_arrays(place, ["first", "middle", "last"]),
                "is_corresponding": corresponding,
                "n_addresses": pa.array(rows.n_addresses, pa.int16()),
                "n_author_institutions": pa.array(rows.n_institutions, pa.int16()),
            },
            self.place[row],
        )
        who = rows.author
        self._keep(
            "affiliation",
            {
                "author_seq": pa.array(seq[who]),
                "address_seq": pa.array(rows.seq, pa.int16()),
                "institution_id": pa.array(rows.institution, mask=rows.institution < 0),
                "country_code": rows.country,
                "raw_hash": rows.raw_hash,
                "n_in_address": pa.array(rows.n_in_address, pa.int16()),
                "is_repeat": pa.array(rows.is_repeat),
                "n_addresses": pa.array(rows.n_addresses[who], pa.int16()),
                "n_author_institutions": pa.array(rows.n_institutions[who], pa.int16()),
                "is_corresponding": corresponding.take(pa.array(who)),
            },
            self.place[row[who]],
        )
        extra_author, extra = rows.extra_countries()
        self._keep("author_country", {"author_seq": pa.array(seq[extra_author]), "country_code": extra}, self.place[row[extra_author]])
        self.quirks.update(
            {
                name: k
                for name, k in {
                    "corresponding-unknown": corresponding.null_count,
                    "no-author-id": named.null_count,
                    "author-with-several-institutions": int((rows.n_institutions > 1).sum()),
                }.items()
                if k
            }
        )
        i = rows.institutions
        lineage = pc.struct_field(i, "lineage")
        text = values.as_json(lineage)
        self._newest(
            self._mentions.institutions,
            pc.struct_field(i, "id"),
            row[rows.institution_author],
            [*(pc.struct_field(i, c) for c in ("display_name", "ror", "type", "country_code")), text],
        )

    def _newest(self, known: dict[str, Any], links: pa.Array, row: Indices, content: list[pa.Array]) -> None:
        """Note what the newest works say; ``row`` is the work of each mention. Of equal dates all different contents are offered."""
        from armillary.sources.openalex.mentions import keep

        valid = np.flatnonzero(links.is_valid().to_numpy(zero_copy_only=False))
        if not len(valid):
            return
        code = links.take(pa.array(valid)).dictionary_encode().indices.to_numpy().astype(np.int64)
        row = row[valid]
        _, once = np.unique(row * (code.max() + 1) + code, return_index=True)  # within one work the first mention counts
        valid, code, row = valid[once], code[once], row[once]
        rank = self.rank[row]
        best = np.zeros(code.max() + 1, dtype=np.int64)
        np.maximum.at(best, code, rank)
        hit = rank == best[code]
        valid, row = valid[hit], row[hit]
        texts = [pc.fill_null(c.take(pa.array(valid)).cast(pa.string()), "") for c in [links, *content]]
        key = np.zeros(len(valid), dtype=np.int64)
        for column in texts:  # number the different combinations without ever overflowing
            part = column.dictionary_encode()
            _, key = np.unique(key * len(part.dictionary) + part.indices.to_numpy(), return_inverse=True)
        _, distinct = np.unique(key, return_index=True)
        chosen = pa.array(distinct)
        columns = [c.take(chosen).to_pylist() for c in texts]
        when = pc.fill_null(self.updated.take(pa.array(row[distinct])), "").to_pylist()
        for k, (link, *said) in enumerate(zip(*columns, strict=True)):
            keep(known, link, (when[k], self.links[row[distinct[k]]], tuple(said)))
