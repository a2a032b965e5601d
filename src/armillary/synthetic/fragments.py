"""JSON text of the entities that works refer to, encoded once (an institution appears in millions of authorships)."""

from __future__ import annotations

import json
from functools import cached_property

from armillary.synthetic import names
from armillary.synthetic.catalogue import SOURCE_TYPES
from armillary.synthetic.fields import DOMAINS, FIELDS, GOALS
from armillary.synthetic.institutions import TYPES
from armillary.synthetic.texts import Texts
from armillary.synthetic.world import FUNDER_BASE, INSTITUTION_BASE, PUBLISHER_BASE, SOURCE_BASE, TOPIC_BASE, World

HOME = "https://openalex.org/"
FUNDERS_PER_COUNTRY = 2


def dump(value: object) -> str:
    """Compact JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


RAW_TYPES = ("journal-article", "proceedings-article", "posted-content", "book-chapter")
"""By the kind of source."""


class Fragments:
    """Encoded pieces of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.texts = Texts(world.draws, world.topics.name)

    @cached_property
    def institution_id(self) -> list[str]:
        """Quoted ids."""
        return [f'"{HOME}I{INSTITUTION_BASE + k}"' for k in range(len(self.world.inst))]

    @cached_property
    def institution(self) -> list[str]:
        """Institution objects as they stand in an authorship."""
        inst, geo = self.world.inst, self.world.geo
        return [
            f'{{"id":{self.institution_id[k]},"display_name":{dump(inst.name[k])},"ror":"https://ror.org/{inst.ror[k]}",'
            f'"country_code":"{geo.codes[inst.country[k]]}","type":"{TYPES[inst.type[k]]}",'
            f'"lineage":[{",".join(self.institution_id[a] for a in inst.lineage[k])}]}}'
            for k in range(len(inst))
        ]

    @cached_property
    def country(self) -> list[str]:
        """Country code of each institution."""
        return [self.world.geo.codes[c] for c in self.world.inst.country]

    @cached_property
    def line(self) -> list[str]:
        """Quoted address line of each institution."""
        inst, geo = self.world.inst, self.world.geo
        return [dump(f"{inst.name[k]}, {geo.city_names[inst.city[k]]}, {geo.country_names[inst.country[k]]}") for k in range(len(inst))]

    @cached_property
    def line_with_parent(self) -> list[str]:
        """Quoted address line that names the institution and its first parent."""
        inst, geo = self.world.inst, self.world.geo
        return [
            dump(f"{name}, {inst.name[above[0]]}, {geo.city_names[city]}, {geo.country_names[country]}") if above else ""
            for name, above, city, country in zip(inst.name, inst.parents, inst.city, inst.country, strict=True)
        ]

    @cached_property
    def topic_head(self) -> list[str]:
        """Topic object up to and including the key of its score."""
        return [f'{{"id":"{HOME}T{TOPIC_BASE + t}","display_name":{dump(name)},"score":' for t, name in enumerate(self.world.topics.name)]

    @cached_property
    def topic_tail(self) -> list[str]:
        """Topic object after the score."""
        return [f",{self.classification(t)}}}" for t in range(len(self.world.topics.name))]

    def classification(self, topic: int) -> str:
        """Subfield, field and domain of a topic as members of an object."""
        topics = self.world.topics
        s, f = topics.subfield(topic), FIELDS[topics.field(topic)]
        return (
            f'"subfield":{{"id":"{HOME}subfields/{topics.subfield_ids[s]}","display_name":{dump(topics.subfield_name[s])}}},'
            f'"field":{{"id":"{HOME}fields/{f.field_id}","display_name":{dump(f.name)}}},'
            f'"domain":{{"id":"{HOME}domains/{f.domain_id}","display_name":{dump(DOMAINS[f.domain_id])}}}'
        )

    @cached_property
    def source(self) -> list[str]:
        """Source objects as they stand in a location."""
        s = self.world.sources
        rows = []
        for k in range(len(s)):
            publisher = f"{HOME}P{PUBLISHER_BASE + int(s.publisher[k])}"
            rows.append(
                dump(
                    {
                        "id": f"{HOME}S{SOURCE_BASE + k}",
                        "display_name": s.name[k],
                        "issn_l": s.issn_l[k],
                        "issn": list(s.issns[k]),
                        "is_oa": False,
                        "is_in_doaj": False,
                        "is_core": bool(s.is_core[k]),
                        "host_organization": publisher,
                        "host_organization_name": publisher_name(int(s.publisher[k])),
                        "host_organization_lineage": [publisher],
                        "host_organization_lineage_names": [publisher_name(int(s.publisher[k]))],
                        "type": SOURCE_TYPES[s.type[k]],
                    }
                )
            )
        return rows

    @cached_property
    def raw_type(self) -> list[str]:
        """Crossref-like type of what a source of each kind publishes."""
        return list(RAW_TYPES)

    @cached_property
    def goal_tail(self) -> list[str]:
        """SDG object after the score, by goal number (0 unused)."""
        return [""] + [f',"display_name":{dump(g)},"id":"https://metadata.un.org/sdg/{k}"}}' for k, g in enumerate(GOALS, 1)]

    @cached_property
    def funder_names(self) -> list[str]:
        """Names of the funders, two a country."""
        return [f"{c} {kind}" for c in self.world.geo.country_names for kind in ("Research Council", "Science Fund")]

    @cached_property
    def funder(self) -> list[str]:
        """Funder objects as they stand in a work."""
        return [
            f'{{"id":"{HOME}F{FUNDER_BASE + k}","display_name":{dump(name)},"ror":"https://ror.org/{names.ror(900_000_000 + 7 * k)}"}}'
            for k, name in enumerate(self.funder_names)
        ]


def publisher_name(k: int) -> str:
    """Name of a publisher."""
    return (
        "Quill & Anvil Press",
        "Meridian House",
        "Lantern Open",
        "Tessellate Publishing",
        "Harbour Academic",
        "Commons Synthetic Press",
    )[k]
