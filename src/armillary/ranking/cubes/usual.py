"""Which recipes are kept unless somebody names them, and keeping them up when the records change."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

from armillary.core.corpus import Corpus
from armillary.core.recipe import Period, Recipe
from armillary.core.store import Store
from armillary.counting.baselines import lacks_yardstick
from armillary.errors import ArmillaryError, StoreError
from armillary.indicators import all_indicators, indicator_info
from armillary.ranking.cubes import files
from armillary.ranking.cubes.make import Made, make_cubes
from armillary.ranking.recipes import make_recipe
from armillary.ranking.robustness_choices import default_choices, variants

log = logging.getLogger(__name__)
INDICATORS = ("share", "count", "publications", "pp-top10", "pp-top1", "mncs", "p-top10", "p-top1", "tncs", "tcs", "pp-collab",
              "pp-international", "pp-industry", "pp-oa", "pp-sdg")  # fmt: skip
COUNTING = ("full", "author-fractional")


def units_of(corpus: Corpus) -> tuple[str, ...]:
    """The units that are kept: those that the observatory knows, without authors, who are too many."""
    return ("country", "institution", *(["city", "region"] if corpus.has("institution_place") else []), "field")


def usual_recipes(
    corpus: Corpus,
    *,
    units: Sequence[str] = (),
    indicators: Sequence[str] = (),
    counting: Sequence[str] = (),
    scopes: Sequence[str] = (),
    with_variants: bool = False,
) -> list[Recipe]:
    """All combinations of what is named, or of the main indicators, their own counting method with full and fractional counting, and
    their own scope. Where the corpus is no world, impact is kept as OpenAlex gives it and within the corpus.

    ``with_variants``: also what a robustness analysis of each over the newest years asks.
    """
    known = all_indicators()
    out: dict[str, Recipe] = {}
    for name in indicators or [i for i in INDICATORS if i in known]:
        info = indicator_info(name)
        for unit in units or units_of(corpus):
            if unit not in info.units:
                continue
            for method in dict.fromkeys([*counting] or [info.counting, *COUNTING]):
                for scope in scopes or (None,):
                    for recipe in _yardsticks(corpus, make_recipe(name, unit=unit, counting=method, scope=scope)):
                        for one in _all_of(recipe) if with_variants else [recipe]:
                            out.setdefault(one.digest, one)
    return list(out.values())


def _yardsticks(corpus: Corpus, recipe: Recipe) -> Iterable[Recipe]:
    if not lacks_yardstick(corpus, recipe):
        return [recipe]
    return [recipe.but(options={"baseline": "own"}), recipe.but(options={"baseline": "given", "citations": "given"})]


def _all_of(recipe: Recipe) -> list[Recipe]:
    """The recipe and its variants: those of any period are sums of the same numbers."""
    dated = recipe.but(period=Period(1, 9999))
    return [v.recipe.but(period=Period()) for v in variants(dated, default_choices(dated))]


def renewed(store: Store, *, progress: Callable[[str], None] = lambda text: None) -> Made:
    """Make those cubes again that the records have left behind; the others stay. What can no longer be made is dropped."""
    files.tidy(store.path)
    corpus = Corpus(store)
    made, left_out = [], dict[str, str]()
    for cube in files.all_cubes(store.path):
        if files.is_current(cube, store):
            continue
        recipes = [make_recipe(**{k: v for k, v in h.recipe.items() if v is not None}) for h in cube.held]
        products = any(h.unit_products for h in cube.held)
        try:
            again = make_cubes(corpus, recipes, products=products, progress=progress)
            if cube.folder not in {c.folder for c in again.cubes}:
                files.drop([cube])
        except StoreError:  # the disk: the older one stays, so that the next call makes it again
            raise
        except ArmillaryError as error:
            files.drop([cube])
            log.warning("cube %s was dropped: %s", cube.folder.name, error)
            continue
        made += again.cubes
        left_out |= again.left_out
    return Made(made, left_out)
