"""Files whole or not at all; nothing goes that is not ours."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core import durable

MARK = "mark.json"


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a" / "x.txt"
    durable.write(path, "é")
    assert path.read_bytes() == "é".encode()
    with pytest.raises(ZeroDivisionError), durable.whole(path) as part:
        part.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "é" and [p.name for p in path.parent.iterdir()] == ["x.txt"]


def test_a_link_is_followed_and_a_pipe_is_fed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    durable.write(tmp_path / "link", "x")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "x"
    os.mkfifo(tmp_path / "pipe")
    handle = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    durable.write(tmp_path / "pipe", "through")
    assert os.read(handle, 100) == b"through"
    os.close(handle)
    with pytest.raises(ZeroDivisionError), durable.whole(tmp_path / "pipe") as part:
        part.write_text("half")
        raise ZeroDivisionError
    assert (tmp_path / "pipe").is_fifo(), "what is no file is not deleted"


def test_a_folder_that_is_not_confirmed_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = durable.sync

    def sync(path: Path) -> None:
        if path.is_dir():
            raise OSError(errno.EIO, "broken")
        real(path)

    monkeypatch.setattr(durable, "sync", sync)
    durable.write(tmp_path / "x", "new")
    assert (tmp_path / "x").read_text() == "new" and "did not confirm" in caplog.text


def site(folder: Path, text: str) -> None:
    with durable.whole_folder(folder, MARK) as part:
        (part / "deep").mkdir()
        (part / "deep" / "page.html").write_text(text)
        (part / MARK).write_text("{}")


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    for text in ("one", "two"):
        site(folder, text)
        assert (folder / "deep" / "page.html").read_text() == text
    with pytest.raises(ZeroDivisionError), durable.whole_folder(folder, MARK):
        raise ZeroDivisionError
    assert (folder / "deep" / "page.html").read_text() == "two" and [p.name for p in tmp_path.iterdir()] == ["site"]


@pytest.mark.parametrize("name", ["site", "site.partial", "site.old"])
def test_what_does_not_carry_our_mark_is_never_deleted(tmp_path: Path, name: str) -> None:
    foreign = tmp_path / name / "thesis.doc"
    foreign.parent.mkdir()
    foreign.write_text("mine")
    with pytest.raises(FileExistsError, match="in the way"):
        site(tmp_path / "site", "x")
    assert foreign.read_text() == "mine"
    with pytest.raises(ValueError, match="does not carry"):
        durable.remove_folder(tmp_path / name, MARK)
    assert foreign.read_text() == "mine"


def test_between_the_two_renames(tmp_path: Path) -> None:
    """The last one died when the older site was aside and the newer not yet in its place."""
    site(tmp_path / "site", "one")
    (tmp_path / "site").rename(tmp_path / "site.old")
    site(tmp_path / "site", "two")
    assert (tmp_path / "site" / "deep" / "page.html").read_text() == "two" and [p.name for p in tmp_path.iterdir()] == ["site"]


@pytest.mark.parametrize("ending", ["csv", "parquet", "json", "xlsx"])
def test_where_nothing_can_be_written_is_one_line(tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    from support.tiny import store

    store(tmp_path / "obs", [{"id": 1, "authors": [[[1]]]}], {1: "FR"})
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    for out in ("/proc/x", "/proc/self/x", str(tmp_path / "file" / "x"), "/dev/full/x"):
        capsys.readouterr()
        assert run(["rank", "share", "--into", str(tmp_path / "obs"), "--format", ending, "--out", f"{out}.{ending}"]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and said.startswith("armillary: ") and ".part" not in said, said
