"""What the works of an observatory are of the world: all of it, a random draw, whatever was at hand, one institution, one country.

Declared at ingest (``--kind``, ``--frame``), kept in ``registry/frame.toml`` of the observatory, and asked by everything that shows or
concludes: notes, pages, intervals, the audit. Nothing about the world is concluded from a convenience sample; from a random sample only
with its interval, and only about its frame.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from armillary.core import own_files
from armillary.core.store import Store
from armillary.errors import InputError, UsageError
from armillary.registry.notes import Note

KINDS = {
    "world": "all works of the source",
    "random-sample": "works drawn at random from a frame",
    "convenience-sample": "works that happened to be at hand",
    "institution": "the works of one institution",
    "country": "the works of one country",
}
FILE = "frame.toml"
WORLD_FROM = 1_000_000
"""An undeclared corpus with fewer works than this is taken for a convenience sample."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The kind of a corpus: a key of :data:`KINDS`, or ``synthetic``. ``frame``: what it was drawn from or covers."""

    kind: str
    frame: str = ""
    leaves_out: str = ""
    declared: bool = True

    @property
    def concludes(self) -> bool:
        """Whether a ranking made from it holds of the world that it stands for (a synthetic world is a world of its own)."""
        return self.kind in ("world", "synthetic")

    @property
    def estimates(self) -> bool:
        """Whether it says something of its frame with an interval."""
        return self.kind == "random-sample"

    def note(self, works: int) -> Note | None:
        """The sentence that stands beside every number made from it; None where nothing needs saying."""
        frame = f" ({self.frame})" if self.frame else ""
        if self.kind == "world":
            return Note("world", leaves_out=self.leaves_out) if self.leaves_out else None
        if self.kind == "synthetic":
            return None
        out: str = Note("left-out", leaves_out=self.leaves_out) if self.leaves_out else ""
        undeclared: str = "" if self.declared else Note("undeclared")
        return Note(self.kind, works=works, frame=frame, out=out, undeclared=undeclared)

    def refusal(self) -> str | None:
        """Why a claim about the world cannot be decided from it; None where it can (with an interval, if :attr:`estimates`)."""
        if self.concludes or self.estimates:
            return None
        what = {"institution": "the works of one institution", "country": "the works of one country"}.get(self.kind, "a convenience sample")
        return f"the observatory holds {what}, which says nothing about the world"


def said_of(version: dict[str, Any]) -> str:
    """What the works of a data version are, in a few words: ``works that happened to be at hand (chemistry)``."""
    kind = "an invented world" if version["kind"] == "synthetic" else KINDS[version["kind"]]
    return kind + (f" ({version['frame']})" if version["frame"] else "")


def frame_of(store: Store) -> Frame:
    """What the works of an observatory are."""
    about = own_files.about(store)
    if about.get("synthetic") and "kind" not in about:  # works cut out of an invented world say so
        return Frame("synthetic", declared=True)
    path = own_files.folder(store) / FILE
    if path.is_file():
        try:
            return _read(tomllib.loads(path.read_text(encoding="utf-8")), str(path))
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"not valid TOML: {error}", where=path, fix="mend or remove the file") from None
    if "kind" in about:
        return _read(about, "about.toml")
    # nobody said: a small corpus is no world, a large one is taken for what it looks like
    return Frame("convenience-sample" if store.rows("work") < WORLD_FROM else "world", declared=False)


def _read(raw: dict[str, Any], where: str) -> Frame:
    kind = raw.get("kind")
    if kind not in KINDS:
        raise InputError(f"'{kind}' is no kind of corpus", where=where, fix=f"write one of: {', '.join(KINDS)}")
    return Frame(kind, str(raw.get("frame", "")), str(raw.get("leaves_out", "")))


def checked(kind: str | None, frame: str | None, leaves_out: str | None) -> Frame | None:
    """The frame that options declare, None without; :class:`UsageError` for what says too little."""
    if kind is None:
        if frame or leaves_out:
            raise UsageError("--frame and --leaves-out describe a declared corpus", fix="add --kind")
        return None
    if kind not in KINDS:
        raise UsageError(f"'{kind}' is no kind of corpus", fix=f"choose one of: {', '.join(KINDS)}")
    if kind != "world" and kind != "convenience-sample" and not (frame or "").strip():
        wanted = {"random-sample": "what it was drawn from", "institution": "which institution", "country": "which country"}[kind]
        raise UsageError(f"--kind {kind} needs --frame", fix=f'say {wanted}: --frame "..."')
    return Frame(kind, " ".join((frame or "").split()), " ".join((leaves_out or "").split()))


def of_folder(path: Path) -> Frame | None:
    """What a snapshot folder says of itself in ``registry/about.toml`` (``kind``, ``frame``, ``leaves_out``); None if it does not."""
    file = path / "registry" / "about.toml"
    if not file.is_file():
        return None
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"not valid TOML: {error}", where=file, fix="mend or remove the file") from None
    return _read(raw, str(file)) if "kind" in raw else None


def allowed(store: Store, new: Frame | None, *, had_works: bool) -> None:
    """Refuse, before anything is read, works that would make a declared corpus something that it is not.

    Works of two kinds, or of two draws, are no sample of anything; only a convenience sample takes all. Updates of a world need no word.
    """
    path = own_files.folder(store) / FILE
    if not (had_works and path.is_file()):
        return
    old = frame_of(store)
    held = f"the observatory holds {KINDS.get(old.kind, old.kind)}" + (f" ({old.frame})" if old.frame else "")
    if new is None:
        if old.kind in ("random-sample", "institution", "country"):
            raise UsageError(f"{held}, and nothing says what these works are", where=store.path, fix="add --kind, or use another folder")
    elif (old.kind, old.frame) != (new.kind, new.frame) and "convenience-sample" not in (old.kind, new.kind):
        raise UsageError(f"{held}; {KINDS[new.kind]} cannot be added", where=store.path, fix="use another folder with --into")


def declare(store: Store, new: Frame, *, had_works: bool) -> Frame:
    """Write down what the corpus is; beside works of another kind it is a convenience sample (see :func:`allowed`).

    ``had_works``: whether the observatory held works before those that are being declared.
    """
    path = own_files.folder(store) / FILE
    old = frame_of(store) if had_works and path.is_file() else None
    if old is not None and (old.kind, old.frame) != (new.kind, new.frame):
        new = Frame("convenience-sample", "works of different kinds", new.leaves_out or old.leaves_out)
    path.parent.mkdir(exist_ok=True)
    part = path.with_suffix(".part")
    lines = [f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in asdict(new).items() if k != "declared" and v]
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.replace(path)
    return new
