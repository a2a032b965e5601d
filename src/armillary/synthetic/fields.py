"""The 26 fields and 4 domains of the OpenAlex classification (names and ids as published), with the habits that the synthetic world
gives them.

The habits (team size, references, internationality) are round numbers that make fields differ as they do in reality; they are not measured.
"""

from __future__ import annotations

from typing import NamedTuple


class FieldHabit(NamedTuple):
    """One field: ids and names as in OpenAlex; share of works, typical coauthors, references inside the world, foreign ties,
    journal-list subject.
    """

    field_id: int
    name: str
    domain_id: int
    share: float
    team: float
    references: float
    foreign: float
    subject: str | None
    alphabetical: float = 0.03


DOMAINS: dict[int, str] = {1: "Life Sciences", 2: "Social Sciences", 3: "Physical Sciences", 4: "Health Sciences"}

_BIO, _CHEM, _EARTH, _HEALTH, _PHYS = "biological", "chemistry", "earth-environmental", "health", "physical"
"""Codes of the five subjects of the selective journal list."""

FIELDS: tuple[FieldHabit, ...] = (
    FieldHabit(11, "Agricultural and Biological Sciences", 1, 5.5, 3.6, 11, 1.0, _BIO),
    FieldHabit(12, "Arts and Humanities", 2, 5.0, 0.5, 4, 0.4, None),
    FieldHabit(13, "Biochemistry, Genetics and Molecular Biology", 1, 6.5, 4.8, 16, 1.1, _BIO),
    FieldHabit(14, "Business, Management and Accounting", 2, 2.8, 1.4, 8, 0.9, None),
    FieldHabit(15, "Chemical Engineering", 3, 1.2, 4.0, 12, 0.9, _CHEM),
    FieldHabit(16, "Chemistry", 3, 5.0, 4.2, 15, 0.9, _CHEM),
    FieldHabit(17, "Computer Science", 3, 8.5, 2.6, 10, 1.0, None),
    FieldHabit(18, "Decision Sciences", 2, 1.2, 1.6, 8, 1.0, None),
    FieldHabit(19, "Earth and Planetary Sciences", 3, 3.0, 4.0, 13, 1.6, _EARTH),
    FieldHabit(20, "Economics, Econometrics and Finance", 2, 2.5, 1.2, 7, 1.0, None, 0.85),
    FieldHabit(21, "Energy", 3, 1.6, 3.6, 11, 0.9, _PHYS),
    FieldHabit(22, "Engineering", 3, 9.5, 3.0, 9, 0.8, _PHYS),
    FieldHabit(23, "Environmental Science", 3, 4.0, 3.8, 12, 1.2, _EARTH),
    FieldHabit(24, "Immunology and Microbiology", 1, 1.8, 5.4, 16, 1.2, _BIO),
    FieldHabit(25, "Materials Science", 3, 5.5, 4.4, 15, 1.0, _PHYS),
    FieldHabit(26, "Mathematics", 3, 2.5, 1.1, 6, 1.1, None, 0.88),
    FieldHabit(27, "Medicine", 4, 15.0, 5.0, 12, 0.8, _HEALTH),
    FieldHabit(28, "Neuroscience", 1, 1.8, 4.6, 16, 1.2, _BIO),
    FieldHabit(29, "Nursing", 4, 0.9, 3.0, 9, 0.6, _HEALTH),
    FieldHabit(30, "Pharmacology, Toxicology and Pharmaceutics", 1, 1.4, 4.6, 11, 0.9, _BIO),
    FieldHabit(31, "Physics and Astronomy", 3, 4.5, 3.8, 12, 1.7, _PHYS),
    FieldHabit(32, "Psychology", 2, 2.4, 2.8, 12, 0.9, None),
    FieldHabit(33, "Social Sciences", 2, 8.0, 1.2, 6, 0.6, None),
    FieldHabit(34, "Veterinary", 4, 0.5, 4.4, 8, 0.7, _BIO),
    FieldHabit(35, "Dentistry", 4, 0.6, 4.0, 9, 0.7, _HEALTH),
    FieldHabit(36, "Health Professions", 4, 0.9, 3.6, 9, 0.7, _HEALTH),
)

SUBJECTS: tuple[str, ...] = (_BIO, _CHEM, _EARTH, _HEALTH, _PHYS)

FIELD_INDEX: dict[int, int] = {f.field_id: k for k, f in enumerate(FIELDS)}

GOALS: tuple[str, ...] = (
    "No poverty",
    "Zero hunger",
    "Good health and well-being",
    "Quality education",
    "Gender equality",
    "Clean water and sanitation",
    "Affordable and clean energy",
    "Decent work and economic growth",
    "Industry, innovation and infrastructure",
    "Reduced inequalities",
    "Sustainable cities and communities",
    "Responsible consumption and production",
    "Climate action",
    "Life below water",
    "Life on land",
    "Peace, Justice and strong institutions",
    "Partnerships for the goals",
)
"""The seventeen goals as OpenAlex names them."""
