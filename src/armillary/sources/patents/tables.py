"""What a table of patents is, by its columns: inventors, places, filings and classes of the known publishers, or a plain table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from armillary.errors import InputError
from armillary.sources.delimited import Header

FORMATS = ("auto", "csv", "patentsview", "patentsview-applications", "regpat")
GRANTS, APPLICATIONS, REGPAT, PLAIN = "patentsview", "patentsview-applications", "regpat", "csv"

ID = ("patent_id", "id", "application_id", "appln_id", "app_nbr", "pct_nbr", "publication_number")
YEAR = ("year", "app_year", "filing_year", "prio_year", "appln_filing_year", "filing_date", "application_date", "date", "publication_date")
INVENTOR = ("inventor_id", "person_id", "inventor", "inventor_name", "inv_name", "name")
LAT, LON = ("lat", "latitude", "lat_deg"), ("lon", "lng", "long", "longitude", "lon_deg")
COUNTRY, CITY = (
    ("country", "country_code", "ctry_code", "country_name", "disambig_country", "person_ctry_code", "inv_ctry_code"),
    ("city", "town", "disambig_city"),
)
REGION = ("reg_code", "region_code", "nuts3", "tl3")


@dataclass(frozen=True, slots=True)
class Role:
    """What a table is: ``kind`` of publisher (None: of no use here) and ``part`` in it (``inventors``, ``places``, ``filings``, ...)."""

    kind: str | None
    part: str


def role_of(header: Header) -> Role:
    """Told from the columns alone. ``Role(None, what)`` says what a table is that has no use here."""
    has, any_of = header.has, header.has_any
    if has("location_id", "latitude", "longitude"):
        return Role("patentsview", "places")
    if any_of("citation_sequence", "citation_id", "citation_patent_id", "citation_document_number", "citation_application_id"):
        return Role(None, "a table of citations between patents")
    for person, what in (
        ("assignee_id", "owners"),
        ("attorney_id", "attorneys"),
        ("examiner_id", "examiners"),
        ("app_share", "applicants"),
    ):
        if has(person) or (person == "app_share" and has("app_name")):
            return Role(None, f"a table of {what}, not of inventors")
    if has("inventor_id", "patent_id") and not any_of(*LAT, *COUNTRY):
        if has("rawlocation_id"):
            return Role(GRANTS, "raw inventors")
        if any_of("location_id", "inventor_sequence") or len(header.columns) == 2:
            return Role(GRANTS, "inventors")
    if has("inventor_id", "pgpub_id"):
        return Role(APPLICATIONS, "inventors")
    if has("inv_name", "reg_code") or has("inv_share") or (has("inv_name") and any_of("appln_id", "pct_nbr", "app_nbr")):
        return Role(REGPAT, "inventors")
    return _other(header)


def _other(header: Header) -> Role:
    has, any_of = header.has, header.has_any
    if has("person_id", "appln_id", "invt_seq_nr") and not any_of(*COUNTRY, *LAT):
        joined = "appln_id, appln_filing_year, person_id, person_ctry_code, invt_seq_nr"
        return Role(None, f"PATSTAT's links between persons and applications; join them with both tables ({joined})")
    if has("inventor_id", "location_id"):
        return Role(None, "a table of inventors' places without patents")
    if any_of("ipc", "cpc_class", "cpc", "ipc_class") and any_of("appln_id", "pct_nbr", "app_nbr"):
        return Role(REGPAT, "classes") if any_of("app_year", "prio_year") else Role(None, "a table of classes without years")
    if has("reg_label") or has("up_reg_code"):
        return Role(None, "a list of regions")
    if has("id", "latitude", "longitude") and any_of("state_fips", "county_fips", "state") and not any_of("year", "inventor"):
        return Role("patentsview", "places")
    if has("rawlocation_id", "location_id") or (has("id", "location_id") and any_of("latlong", "location_id_transformed")):
        return Role("patentsview", "raw places")
    if any_of("pct_doc_number", "pct_371_date", "371_date") or has("rel_id", "doc_type", "patent_id"):
        return Role(APPLICATIONS if has("pgpub_id") else GRANTS, "treaty")
    if has("pgpub_id") and any_of("filing_date", "published_date"):
        return Role(APPLICATIONS, "filings")
    if has("patent_id", "filing_date") or has("patent_id", "series_code", "date") or has("patent_id", "application_id", "date"):
        return Role(GRANTS, "filings")
    if has("patent_id", "patent_date") or (has("id", "date") and any_of("num_claims", "kind", "abstract") and not any_of(*INVENTOR[2:])):
        return Role(GRANTS, "grants")
    if has("patent_id") and any_of("doi", "oaid", "openalex_id", "work_id") and not any_of(*INVENTOR, *LAT, *COUNTRY):
        return Role(None, "a table of cited works: give it with --citations")
    if any_of(*ID) and any_of(*INVENTOR[:-1], *LAT, *COUNTRY):
        return Role(PLAIN, "inventors")
    if any_of(*INVENTOR[:-1], *LAT):
        return Role(None, "a table without a column with the patent's id (one of: " + ", ".join(ID) + ")")
    return Role(None, "no table of inventors (columns: " + ", ".join(header.columns[:8]) + ")")


def only(headers: list[Header], what: str) -> Header | None:
    """The one table of a kind; a packed copy beside the unpacked file counts once. :class:`InputError` if there are several."""
    by_name: dict[str, Header] = {}
    for header in sorted(headers, key=lambda h: len(h.path.name)):
        by_name.setdefault(_bare(header.path), header)
    found = list(by_name.values())
    if len(found) > 1:
        names = " and ".join(sorted(h.path.name for h in found[:3]))
        raise InputError(f"two tables of {what}: {names}", where=found[0].path.parent, fix="keep those of one edition in the folder")
    return found[0] if found else None


def one_edition(headers: list[Header]) -> None:
    """:class:`InputError` if tables of one kind come from several editions (``202401_EPO_Inv_reg.txt`` and ``202408_...``)."""
    editions: dict[str, dict[str, str]] = {}
    for header in headers:
        if found := re.match(r"(\d{6})[_-](.+)", _bare(header.path)):
            editions.setdefault(found[2], {})[found[1]] = header.path.name
    for names in editions.values():
        if len(names) > 1:
            these = " and ".join(sorted(names.values()))
            raise InputError(
                f"tables of {len(names)} editions: {these}", where=headers[0].path.parent, fix="keep those of one in the folder"
            )


def _bare(path: Path) -> str:
    name = path.name.lower()
    for suffix in (".gz", ".zip", ".tsv", ".csv", ".txt"):
        name = name.removesuffix(suffix)
    return name
