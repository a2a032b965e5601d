"""The columns of the core tables: type, unit and meaning of each, whichever tables use it."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Field:
    """One column that any table may use: Arrow type, meaning, and unit where it has one."""

    name: str
    type: pa.DataType
    meaning: str
    unit: str | None = None


_F: list[Field] = [
    # --- works
    Field("work_id", pa.int64(), "OpenAlex work, digits of its id"),
    Field("doi", pa.string(), "DOI in lower case without resolver prefix"),
    Field("title", pa.string(), "Title as served, markup included; clean before showing"),
    Field("year", pa.int16(), "Publication year"),
    Field("date", pa.date32(), "Publication date as served (earliest of online and print)"),
    Field("type", pa.string(), "Document type in today's vocabulary (article, review, preprint, ...)"),
    Field("type_raw", pa.string(), "Document type as served"),
    Field("raw_type", pa.string(), "Type by the registrar of its DOI, as served (journal-article, proceedings-article, ...)"),
    Field("language", pa.string(), "ISO 639-1 code as served"),
    Field("source_id", pa.int64(), "OpenAlex source of the primary location"),
    Field("topic_id", pa.int32(), "OpenAlex topic"),
    Field("subfield_id", pa.int16(), "OpenAlex subfield"),
    Field("field_id", pa.int16(), "OpenAlex field"),
    Field("domain_id", pa.int8(), "OpenAlex domain"),
    Field("is_retracted", pa.bool_(), "Retracted"),
    Field("is_paratext", pa.bool_(), "Cover, masthead and the like"),
    Field("is_xpac", pa.bool_(), "Repository record of the November 2025 expansion; null before"),
    Field("n_authors", pa.int32(), "Authors in the record; one who stands on two lines of the byline counts once", "authors"),
    Field("n_corresponding", pa.int32(), "Authors flagged as corresponding (0 also where the flag is unknown)", "authors"),
    Field("is_authors_truncated", pa.bool_(), "The author list was cut by the API, as it says or as can be seen; credit cannot be divided"),
    Field("n_references", pa.int32(), "Referenced works in the record; null where it has no list of them", "works"),
    Field("cited_by_n", pa.int32(), "Citations as given by OpenAlex", "citations"),
    Field("oa_status", pa.string(), "Open-access status as served"),
    Field("has_abstract", pa.bool_(), "The record carries an abstract"),
    Field(
        "is_sdg_classified", pa.bool_(), "The record carries the list of goals, empty or not; false is never classified, not without goal"
    ),
    Field("fwci_given", pa.float64(), "Field-weighted citation impact as OpenAlex gives it", "times the world mean"),
    Field("percentile_given", pa.float64(), "Citation percentile in subfield, year and type as OpenAlex gives it, 0 to 1"),
    Field("is_top1_given", pa.bool_(), "Among the 1 % most cited of its subfield, year and type, as OpenAlex gives it"),
    Field("is_top10_given", pa.bool_(), "Among the 10 % most cited of its subfield, year and type, as OpenAlex gives it"),
    Field("updated_date", pa.string(), "The record's last change as served (ISO 8601; sorts as text)"),
    # --- authorship and affiliation
    Field("author_seq", pa.int32(), "Place in the byline, from 1"),
    Field("author_id", pa.int64(), "OpenAlex author; null also for ids that stand for nobody (the record of deleted authors)"),
    Field("author_name", pa.string(), "Author's name: as printed where given, else display name"),
    Field("orcid", pa.string(), "ORCID iD without resolver prefix"),
    Field("position", pa.string(), "first, middle or last, computed from the byline (a sole author is first; see n_authors)"),
    Field("is_corresponding", pa.bool_(), "Corresponding author; null is unknown, not false"),
    Field("n_addresses", pa.int16(), "Distinct address lines of this author (0 if none)", "addresses"),
    Field("n_author_institutions", pa.int16(), "Distinct matched institutions of this author", "institutions"),
    Field("address_seq", pa.int16(), "Address line of this author, from 1; 0 if the record ties the institution to no address line"),
    Field("institution_id", pa.int64(), "OpenAlex institution"),
    Field("country_code", pa.string(), "ISO 3166-1 alpha-2"),
    Field("raw_hash", pa.int64(), "First 8 bytes of the SHA-256 of the raw address line"),
    Field("n_in_address", pa.int16(), "Matched institutions on this address line (0 on a row without one)", "institutions"),
    Field("is_repeat", pa.bool_(), "This author already has this institution on an earlier row"),
    # --- what hangs on a work
    Field("citing_id", pa.int64(), "Citing work"),
    Field("cited_id", pa.int64(), "Cited work"),
    Field("citing_year", pa.int16(), "Publication year of the citing work"),
    Field("score", pa.float32(), "Classifier score, 0 to 1"),
    Field("sdg_id", pa.int8(), "Sustainable Development Goal, 1 to 17"),
    Field("funder_id", pa.int64(), "OpenAlex funder"),
    Field("award_id", pa.string(), "The funder's own number of the award"),
    Field("abstract", pa.string(), "Abstract as plain text"),
    # --- entities
    Field("name", pa.string(), "Display name"),
    Field("ror_id", pa.string(), "ROR id without resolver prefix"),
    Field("parent_ror_id", pa.string(), "ROR id of the organisation directly above"),
    Field("institution_type", pa.string(), "education, healthcare, company, archive, nonprofit, government, facility, funder, other"),
    Field("city", pa.string(), "City name as given by the source"),
    Field("region_name", pa.string(), "First-order subdivision as given by the source"),
    Field("geonames_id", pa.int64(), "GeoNames id of the city"),
    Field("lat_deg", pa.float64(), "Latitude", "degrees north"),
    Field("lon_deg", pa.float64(), "Longitude", "degrees east"),
    Field("place_origin", pa.string(), "Where city and point come from: openalex, ror"),
    Field("origin", pa.string(), "entity (own record), mention (harvested from works), suggestion (of the search box)"),
    Field("parent_id", pa.int64(), "Institution above, by OpenAlex lineage or ROR"),
    Field("relation", pa.string(), "lineage (all ancestors, OpenAlex) or parent (direct, ROR)"),
    Field("source_type", pa.string(), "journal, conference, repository, book series, ebook platform, ..."),
    Field("issn_l", pa.string(), "Linking ISSN"),
    Field("issns", pa.string(), "All ISSNs, joined by ';'"),
    Field("publisher", pa.string(), "Publisher or host organisation"),
    Field("is_core_listed", pa.bool_(), "Flag is_core of OpenAlex (CWTS core sources)"),
    Field("subfield_name", pa.string(), "Name of the subfield"),
    Field("field_name", pa.string(), "Name of the field"),
    Field("domain_name", pa.string(), "Name of the domain"),
    Field("works_n", pa.int64(), "Works as given by OpenAlex", "works"),
    # --- places
    Field("place_id", pa.string(), "Stable id of a city or metropolitan area"),
    Field("place_kind", pa.string(), "city or metropolitan"),
    Field("population_n", pa.int64(), "Inhabitants", "persons"),
    Field("assigned_by", pa.string(), "polygon, nearest, name, override"),
    Field("distance_km", pa.float64(), "Great-circle distance from the institution to its place", "km"),
    # --- patents, deals, policy
    Field("patent_id", pa.string(), "Patent or application number in its source"),
    Field("inventor_seq", pa.int32(), "Place in the list of inventors, from 1"),
    Field("is_pct", pa.bool_(), "Filed under the Patent Cooperation Treaty"),
    Field("address_quality", pa.string(), "address, postcode, town, region, country"),
    Field("n_inventors", pa.int32(), "Inventors on the application", "inventors"),
    Field("deal_id", pa.string(), "Deal id in its source"),
    Field("amount_usd", pa.float64(), "Amount", "US dollars"),
    Field("policy_id", pa.string(), "Policy document id in its source"),
    Field("organisation", pa.string(), "Publishing organisation"),
    Field("organisation_type", pa.string(), "government, igo, think_tank, ngo, other"),
    Field("group", pa.string(), "Part of the document that cites (working group, chapter)"),
    # --- series
    Field("unit", pa.string(), "Country (ISO alpha-2) or another unit's id"),
    Field("partner", pa.string(), "The other unit of a pair"),
    Field("indicator", pa.string(), "Code of the indicator in its source; dimensions of the source follow as CODE:DIM=VALUE,..."),
    Field("value", pa.float64(), "Value as published, in 10^unit_mult unit_of_measure"),
    Field("status_flag", pa.string(), "Flag as published (b break, e estimate, p provisional, ...)"),
    Field("unit_of_measure", pa.string(), "Unit of measure as published"),
    Field("unit_mult", pa.int8(), "Power of ten by which values are to be multiplied (SDMX UNIT_MULT); null where not stated"),
    Field("is_aggregate", pa.bool_(), "The unit is a group of countries (EU27_2020, OECD, WLD); it is shown apart and takes no rank"),
    Field("source", pa.string(), "Publisher and dataset"),
    Field("vintage", pa.string(), "Edition or retrieval date of the data set"),
    # --- who led
    Field("statement_id", pa.string(), "Contribution statement: its DOI, else a hash of its title"),
    Field("roles", pa.string(), "Roles that the statement gives the author alone or with others named, joined by ';'"),
    Field("is_lead", pa.bool_(), "Led by the rule of the labels; null is unknown"),
    Field("model", pa.string(), "Hash of the model that predicted"),
    Field("lead_probability", pa.float64(), "Calibrated probability that the author led"),
    # --- bookkeeping
    Field("file", pa.string(), "Input file, relative to the folder that was given"),
    Field("line", pa.int64(), "Line in the file, from 1; 0 for the file as a whole"),
    Field("classification", pa.string(), "Name of a classification that was ingested"),
    Field("class_level", pa.string(), "Level of that classification"),
    Field("class_id", pa.string(), "Class of that level, as given"),
    Field("class_name", pa.string(), "Name of the class, where the file gives one"),
    Field("reason", pa.string(), "Reason code"),
    Field("detail", pa.string(), "What exactly was wrong, shortened"),
    Field("entity", pa.string(), "works, institutions, sources, ..."),
    Field("quirk", pa.string(), "Code of an oddity that was met and handled"),
    Field("occurrences_n", pa.int64(), "How often"),
    Field("old_id", pa.int64(), "Id that was merged into another"),
    Field("deleted_date", pa.date32(), "Day on which the id was deleted; null if the list does not say"),
    Field("new_id", pa.int64(), "Id that took its place; null if the record was deleted"),
    Field("file_sha256", pa.string(), "SHA-256 of the input file (Parquet: of its length and footer)"),
    Field("bytes_n", pa.int64(), "Size of the input file", "bytes"),
    Field("records_n", pa.int64(), "Records read", "records"),
    Field("kept_n", pa.int64(), "Records kept", "records"),
    Field(
        "superseded_n", pa.int64(), "Records that a newer version of the same id replaced, or that were merged or deleted since", "records"
    ),
    Field("rejected_n", pa.int64(), "Records rejected with a reason", "records"),
    Field("schema_generation", pa.string(), "Generations seen, joined by ';'"),
    Field("snapshot_date", pa.string(), "Newest updated_date partition of the snapshot"),
    Field("classification_version", pa.string(), "Topic and SDG classifier generation as far as the dates tell"),
]
FIELDS: dict[str, Field] = {f.name: f for f in _F}
