"""One page on a work, a topic or a technology: who, where, with whom, paid by whom, cited by whom. Structured data first, then text."""

from armillary.studies.dossier.content import Dossier, DossierPart
from armillary.studies.dossier.target import dossier

__all__ = ["Dossier", "DossierPart", "dossier"]
