"""Model cards: what a lead model was trained on, how well it does and where not, as JSON and Markdown beside the model itself."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from armillary.core import durable
from armillary.errors import DataError, UnknownNameError
from armillary.studies.leadership.model.features import BYLINE, HISTORY
from armillary.studies.leadership.model.lead import LeadModel
from armillary.studies.leadership.model.scores import Report, auc_error
from armillary.studies.leadership.model.trees import Trees, load_trees
from armillary.version import __version__

FOLDER = "models"
SLIGHT = 0.1
"""An AUC within a position that is nearer to one half (below 0.6) tells nobody apart, however many papers tell it from one half."""


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return None if not math.isfinite(value) else value
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def card(model: LeadModel, *, feature_set: str, labels: Mapping[str, Any]) -> dict[str, Any]:
    """The card as plain values. ``labels`` says where the labels come from (counts, rule, digest of the data)."""
    known = {**BYLINE, **HISTORY}
    return _plain(  # type: ignore[no-any-return]
        {
            "model": model.digest,
            "kind": "histogram gradient boosting, isotonic calibration, papers split 80/20",
            "feature_set": feature_set,
            "features": {f: known.get(f, "") for f in model.trees.features},
            "settings": model.settings,
            "labels": dict(labels),
            "report": dataclasses.asdict(model.report),
            "learned_on": model.learned_on,
            "within_positions": within_positions(model.report),
            "armillary": __version__,
            "limits": [
                "The labels are what authors say of themselves and what our parser reads of it; they come from the journals that print "
                "contribution statements.",
                "A probability says how likely an author with this byline (and history) leads in papers like those it learned from; it "
                "does not say that this author led this paper.",
                "Where bylines follow another custom (alphabetical order, consortia), positions mean less; such fields are reported apart.",
            ],
        }
    )


def within_positions(report: Report) -> dict[str, Any]:
    """Whether the model tells authors of one position apart: AUC and its standard error among first, last and middle authors, and ``adds``,
    true if it is above one half by more than 1.96 standard errors, and by :data:`SLIGHT`, among first or last authors."""
    found: dict[str, Any] = {}
    for g in report.groups.get("position", ()):
        positive = round(g["observed"] * g["n"])
        found[g["group"]] = {"n": g["n"], "auc": g["auc"], "error": auc_error(g["auc"], positive, g["n"] - positive)}
    ends = [found[p] for p in ("first", "last") if p in found]
    adds = any(e["auc"] - 0.5 > max(1.96 * e["error"], SLIGHT) for e in ends)
    return {"positions": found, "adds": adds, "sentence": _of_positions(found, adds)}


def _of_positions(found: Mapping[str, Any], adds: bool) -> str:
    if not found:
        return "Positions were not told apart in the held-out papers, so whether the model adds to them is not known."
    areas = ", ".join(f"{p} {found[p]['auc']:.2f} (+- {1.96 * found[p]['error']:.2f})" for p in ("first", "last", "middle") if p in found)
    if adds:
        return f"It tells authors of the same position apart: AUC among {areas}."
    return (
        f"It adds nothing to the position rule: AUC among {areas}, where 0.50 is a guess and less than {0.5 + SLIGHT:.2f} no help. "
        "What it knows is who stands first or last, or next to them."
    )


def save_model(observatory: Path, model: LeadModel, values: Mapping[str, Any]) -> Path:
    """Write ``models/<first 12 of the hash>/`` with ``model.npz``, ``card.json`` and ``card.md``; the same model gives the same bytes."""
    folder = observatory / FOLDER / model.digest[:12]
    folder.mkdir(parents=True, exist_ok=True)
    model.trees.save(folder / "model.npz")
    durable.write(folder / "card.json", json.dumps(values, ensure_ascii=False, indent=1) + "\n")
    durable.write(folder / "card.md", markdown(values))
    return folder


def source_of(card: Mapping[str, Any]) -> str:
    """What a model learned from, in a few words."""
    labels = card["labels"]
    return f"{labels['papers']:,} papers with contribution statements ({labels['authors']:,} authors, {labels['leaders']:,} leaders)"


def save_distance(observatory: Path, digest: str, rows: list[dict[str, Any]]) -> None:
    """Keep beside a model how far the works of its last prediction lie from what it learned from."""
    durable.write(observatory / FOLDER / digest[:12] / "distance.json", json.dumps(_plain(rows), ensure_ascii=False, indent=1) + "\n")


def saved_distance(observatory: Path, digest: str) -> list[dict[str, Any]] | None:
    """What :func:`save_distance` kept; None where nothing was predicted yet."""
    path = observatory / FOLDER / digest[:12] / "distance.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def saved_models(observatory: Path) -> list[str]:
    """Short hashes of the models of an observatory, sorted."""
    return sorted(p.parent.name for p in (observatory / FOLDER).glob("*/model.npz"))


def load_model(observatory: Path, name: str | None = None) -> tuple[Trees, dict[str, Any]]:
    """A saved model and its card by the beginning of its hash; without a name, the only one there is."""
    known = saved_models(observatory)
    if not known:
        raise DataError("no lead model was trained here", where=observatory, fix="run: armillary lead train, or use position rules")
    fitting = known if name is None else [k for k in known if name.startswith(k) or k.startswith(name)]
    if len(fitting) != 1:
        if name is None:
            raise DataError(f"the observatory holds {len(known)} lead models ({', '.join(known)})", fix="name one with --model")
        raise UnknownNameError("lead model", name, known)
    folder = observatory / FOLDER / fitting[0]
    trees = load_trees(folder / "model.npz")
    values = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    if trees.digest != values["model"]:
        raise DataError("the model is not the one that its card describes", where=folder, fix="train it again")
    return trees, values


def _rule_line(report: Mapping[str, Any]) -> list[str]:
    rule = report.get("position_rule") or {}
    if rule.get("error") is None:
        return []
    return [
        f"The rule 'first and last author lead' on the same papers: precision {rule['precision']:.3f}, recall {rule['recall']:.3f}, "
        f"wrong about {100 * rule['error']:.1f} % of the authors."
    ]


def markdown(values: Mapping[str, Any]) -> str:
    """The card for people."""
    r, s = values["report"], values["settings"]

    def number(value: Any, digits: int = 3) -> str:
        return "" if value is None else f"{value:.{digits}f}" if isinstance(value, float) else f"{value:,}"

    lines = [
        f"# Lead-author model {values['model'][:12]}",
        "",
        f"{values['kind']}; feature set `{values['feature_set']}`; seed {s['seed']}; {s['trees']} trees.",
        "",
        "## Labels",
        "",
        *(f"- {k}: {v}" for k, v in values["labels"].items()),
        "",
        "## On held-out papers",
        "",
        f"{r['papers']:,} papers, {r['rows']:,} authors, {100 * r['lead_rate']:.1f} % leaders.",
        "",
        "| figure | value |",
        "|---|---:|",
        f"| AUC | {number(r['auc'])} (95 %: {number(r['auc_interval'][0])} to {number(r['auc_interval'][1])}, papers resampled) |",
        f"| AUC within papers | {number(r['auc_within_papers'])} |",
        f"| Brier score | {number(r['brier'])} (a constant: {number(r['brier_of_constant'])}) |",
        f"| calibration error (10 bins) | {number(r['calibration_error'])} (before calibration {number(r['calibration_error_before'])}) |",
        f"| called leader (above {r['at_threshold']['threshold']}) | {100 * r['at_threshold']['called_lead']:.1f} %, precision "
        f"{number(r['at_threshold']['precision'])}, recall {number(r['at_threshold']['recall'])} |",
        "",
        f"**Beside the position rule.** {values['within_positions']['sentence']}",
        *_rule_line(r),
        "",
        "## Calibration",
        "",
        "| predicted from | authors | mean prediction | observed |",
        "|---:|---:|---:|---:|",
        *(f"| {number(c['from'], 1)} | {c['n']:,.0f} | {number(c['predicted'])} | {number(c['observed'])} |" for c in r["curve"]),
        "",
    ]
    for name, groups in r["groups"].items():
        lines += [f"## Calibration by {name}", ""]
        lines += ["| group | authors | observed | predicted | gap | standard error | AUC |", "|---|---:|---:|---:|---:|---:|---:|"]
        lines += [
            f"| {g['group']} | {g['n']:,} | {number(g['observed'])} | {number(g['predicted'])} | {number(g['gap'])} "
            f"| {number(g['gap_se'])} | {number(g['auc'])} |"
            for g in groups
        ]
        lines.append("")
    lines += ["## Features", "", "| feature | meaning | loss of AUC when shuffled |", "|---|---|---:|"]
    lines += [f"| {f} | {values['features'][f]} | {number(v)} |" for f, v in r["importance"].items()]
    return "\n".join([*lines, "", "## Limits", "", *(f"- {text}" for text in values["limits"])]) + "\n"
