"""One page on a work, a topic or a technology: who, where, with whom, paid by whom, cited by whom. Structured data first, then text."""

from armillary.studies.dossier.build import build
from armillary.studies.dossier.content import Dossier, DossierPart

__all__ = ["Dossier", "DossierPart", "build"]
