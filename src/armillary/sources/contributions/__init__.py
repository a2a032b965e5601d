"""Author contribution statements (CRediT lists and free text) -> who did what, and who led."""

from armillary.sources.contributions.labels import LEAD_ROLES, AuthorRoles, label, parse_statement
from armillary.sources.contributions.reader import ingest, read_statements

__all__ = ["LEAD_ROLES", "AuthorRoles", "ingest", "label", "parse_statement", "read_statements"]
