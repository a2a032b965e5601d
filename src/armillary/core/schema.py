"""The core tables: which columns each has, its key and what it means; the columns are in :mod:`armillary.core.fields`.

Parquet schemas, ``armillary check``, the reference pages and the readers all come from here. Grammar of names: ids end in
``_id`` (64-bit integers, the digits of the OpenAlex id), counts in ``_n`` or start with ``n_``, booleans start with ``is_`` or
``has_``, coordinates end in ``_deg``. Null always means *unknown*, never *no*.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from armillary.core.fields import FIELDS


@dataclass(frozen=True, slots=True)
class Table:
    """One core table: its columns in order, the key (also the sort order), and which columns may not be null."""

    name: str
    meaning: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    required: tuple[str, ...] = ()
    segmented: bool = False
    """True for the big tables that follow a work and are stored as segments; False for tables kept as one file."""

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema (types from the field registry; key and required columns are not nullable)."""
        solid = {*self.key, *self.required} - set(NULLABLE_KEYS.get(self.name, ()))
        return pa.schema([pa.field(c, FIELDS[c].type, nullable=c not in solid) for c in self.columns])


NULLABLE_KEYS: dict[str, tuple[str, ...]] = {"affiliation": ("institution_id",)}

_T: list[Table] = [
    Table(
        "work",
        "One row a work.",
        (
            "work_id",
            "doi",
            "title",
            "year",
            "date",
            "type",
            "type_raw",
            "raw_type",
            "language",
            "source_id",
            "topic_id",
            "subfield_id",
            "field_id",
            "domain_id",
            "is_retracted",
            "is_paratext",
            "is_xpac",
            "n_authors",
            "n_corresponding",
            "is_authors_truncated",
            "n_references",
            "cited_by_n",
            "oa_status",
            "has_abstract",
            "is_sdg_classified",
            "fwci_given",
            "percentile_given",
            "is_top1_given",
            "is_top10_given",
            "updated_date",
        ),
        ("work_id",),
        ("n_authors", "n_corresponding", "is_retracted", "is_paratext", "is_authors_truncated"),
        segmented=True,
    ),
    Table(
        "authorship",
        "One row an author of a work.",
        (
            "work_id",
            "author_seq",
            "author_id",
            "author_name",
            "orcid",
            "position",
            "is_corresponding",
            "n_addresses",
            "n_author_institutions",
        ),
        ("work_id", "author_seq"),
        ("position", "n_addresses", "n_author_institutions"),
        segmented=True,
    ),
    Table(
        "affiliation",
        "One row a matched institution of an address line of an author. An address line without a match keeps a row with null institution, "
        "and an author without any address keeps one row (address_seq 0, null institution), so that every author is here and credit adds "
        "up row by row. What repeats from authorship spares the ranking a join.",
        (
            "work_id",
            "author_seq",
            "address_seq",
            "institution_id",
            "country_code",
            "raw_hash",
            "n_in_address",
            "is_repeat",
            "n_addresses",
            "n_author_institutions",
            "is_corresponding",
        ),
        ("work_id", "author_seq", "address_seq", "institution_id"),
        ("n_in_address", "is_repeat", "n_addresses", "n_author_institutions"),
        segmented=True,
    ),
    Table(
        "author_country",
        "Countries that the record gives for an author beyond those of the author's matched institutions.",
        ("work_id", "author_seq", "country_code"),
        ("work_id", "author_seq", "country_code"),
        segmented=True,
    ),
    Table(
        "citation",
        "One row a reference, as listed; self-loops are dropped and counted.",
        ("citing_id", "cited_id", "citing_year"),
        ("citing_id", "cited_id"),
        segmented=True,
    ),
    Table(
        "work_topic",
        "Up to three topics of a work with scores; the primary one is in work.",
        ("work_id", "topic_id", "score"),
        ("work_id", "topic_id"),
        segmented=True,
    ),
    Table("work_sdg", "Goals of a work with scores, as served.", ("work_id", "sdg_id", "score"), ("work_id", "sdg_id"), segmented=True),
    Table(
        "work_citation_year",
        "Citations of a work by year, as given by OpenAlex (ten years back at most).",
        ("work_id", "year", "cited_by_n"),
        ("work_id", "year"),
        segmented=True,
    ),
    Table("work_award", "Funders and awards named by a work.", ("work_id", "funder_id", "name", "award_id"), ("work_id",), segmented=True),
    Table(
        "work_abstract",
        "Abstracts, kept only when asked for (--abstracts).",
        ("work_id", "abstract"),
        ("work_id",),
        ("abstract",),
        segmented=True,
    ),
    Table(
        "institution",
        "One row an institution.",
        (
            "institution_id",
            "ror_id",
            "name",
            "institution_type",
            "country_code",
            "city",
            "region_name",
            "geonames_id",
            "lat_deg",
            "lon_deg",
            "place_origin",
            "origin",
            "updated_date",
        ),
        ("institution_id",),
        ("origin",),
    ),
    Table(
        "institution_parent",
        "Edges from an institution to those above it.",
        ("institution_id", "parent_id", "relation"),
        ("institution_id", "parent_id", "relation"),
    ),
    Table(
        "source",
        "One row a source (journal, conference, repository).",
        ("source_id", "name", "source_type", "issn_l", "issns", "publisher", "is_core_listed", "origin", "updated_date"),
        ("source_id",),
        ("origin",),
    ),
    Table(
        "topic",
        "One row a topic with its place in the classification.",
        (
            "topic_id",
            "name",
            "subfield_id",
            "subfield_name",
            "field_id",
            "field_name",
            "domain_id",
            "domain_name",
            "origin",
            "updated_date",
        ),
        ("topic_id",),
        ("origin",),
    ),
    Table("author", "Authors with an own record.", ("author_id", "name", "orcid", "works_n", "cited_by_n", "updated_date"), ("author_id",)),
    Table(
        "ror",
        "Organisations of the Research Organization Registry.",
        ("ror_id", "name", "institution_type", "country_code", "region_name", "city", "geonames_id", "lat_deg", "lon_deg"),
        ("ror_id",),
    ),
    Table("ror_parent", "Direct parents by the Research Organization Registry.", ("ror_id", "parent_ror_id"), ("ror_id", "parent_ror_id")),
    Table(
        "place",
        "Cities and metropolitan areas.",
        ("place_id", "name", "place_kind", "country_code", "lat_deg", "lon_deg", "population_n"),
        ("place_id",),
        ("name", "place_kind"),
    ),
    Table(
        "institution_place",
        "Which place an institution lies in, and how that was decided.",
        ("institution_id", "place_id", "assigned_by", "distance_km"),
        ("institution_id",),
        ("assigned_by",),
    ),
    Table("patent", "One row a patent application.", ("patent_id", "year", "is_pct", "n_inventors"), ("patent_id",), ("n_inventors",)),
    Table(
        "inventor",
        "One row an inventor of an application.",
        ("patent_id", "inventor_seq", "country_code", "city", "lat_deg", "lon_deg", "address_quality"),
        ("patent_id", "inventor_seq"),
    ),
    Table("patent_citation", "Works cited by patents, where a table is given.", ("patent_id", "work_id", "doi"), ("patent_id",)),
    Table(
        "deal",
        "One row a venture-capital deal.",
        ("deal_id", "year", "country_code", "city", "lat_deg", "lon_deg", "amount_usd"),
        ("deal_id",),
    ),
    Table(
        "policy_document",
        "One row a policy document.",
        ("policy_id", "title", "organisation", "organisation_type", "country_code", "year"),
        ("policy_id",),
        ("organisation_type",),
    ),
    Table("policy_citation", "One row a cited DOI of a policy document.", ("policy_id", "doi", "group"), ("policy_id", "doi")),
    Table(
        "work_class",
        "Classes of works in classifications that were ingested beside OpenAlex's own.",
        ("classification", "class_level", "work_id", "class_id", "class_name"),
        ("classification", "class_level", "work_id"),
        ("class_id",),
    ),
    Table(
        "series",
        "Country (or other unit) by indicator and year, one row for each source and vintage.",
        ("unit", "indicator", "year", "source", "vintage", "value", "status_flag", "unit_of_measure", "unit_mult", "is_aggregate"),
        ("unit", "indicator", "year", "source", "vintage"),
    ),
    Table(
        "pair_series",
        "Pairs of countries by year (co-authored works and the like).",
        ("unit", "partner", "indicator", "year", "source", "vintage", "value"),
        ("unit", "partner", "indicator", "year", "source", "vintage"),
    ),
    Table(
        "contribution",
        "One row an author of an author contribution statement.",
        ("statement_id", "author_seq", "author_name", "doi", "title", "roles", "is_lead"),
        ("statement_id", "author_seq"),
        ("author_name",),
    ),
    Table(
        "lead_prediction",
        "Predictions of a lead-author model, one row an author of a work.",
        ("model", "work_id", "author_seq", "lead_probability"),
        ("model", "work_id", "author_seq"),
        ("lead_probability",),
    ),
    Table(
        "quirk",
        "Oddities of the input that were met and handled, counted by file.",
        ("entity", "file", "quirk", "occurrences_n"),
        ("entity", "file", "quirk"),
        ("occurrences_n",),
    ),
    Table(
        "merged_id",
        "Ids that were merged into others or deleted; every ingest follows them.",
        ("entity", "old_id", "new_id"),
        ("entity", "old_id"),
    ),
    Table(
        "deleted_id",
        "Ids that OpenAlex lists as deleted; every ingest leaves them out.",
        ("entity", "old_id", "deleted_date"),
        ("entity", "old_id"),
    ),
    Table("reject", "What was not kept, and why.", ("entity", "file", "line", "reason", "detail"), ("entity", "file", "line"), ("reason",)),
    Table(
        "manifest",
        "One row an input file.",
        (
            "entity",
            "file",
            "file_sha256",
            "bytes_n",
            "records_n",
            "kept_n",
            "superseded_n",
            "rejected_n",
            "schema_generation",
            "snapshot_date",
            "classification_version",
        ),
        ("entity", "file"),
        ("file_sha256", "records_n", "kept_n", "superseded_n", "rejected_n"),
    ),
]
TABLES: dict[str, Table] = {t.name: t for t in _T}


def table(name: str) -> Table:
    """The table of that name; :class:`~armillary.errors.UnknownNameError` if there is none."""
    from armillary.errors import UnknownNameError

    if name not in TABLES:
        raise UnknownNameError("core table", name, TABLES)
    return TABLES[name]
