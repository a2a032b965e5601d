"""What is printed steers no terminal, whoever named the records."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.cli.main import run
from support.tiny import store

NAME = "Evil \x1b[2J\x1b]0;owned\x07 \u202eytisrevinU\r\x9b31m \x08"


@pytest.fixture(scope="module")
def obs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("o") / "obs"
    papers = [
        {"id": 1, "title": NAME, "authors": [{"addresses": [[1]], "name": NAME, "id": 5}]},
        {"id": 2, "title": NAME, "authors": [[[1]]]},
    ]
    store(path, papers, {1: {"country_code": "FR", "name": NAME, "city": NAME}})
    return path


@pytest.mark.parametrize(
    "words",
    [
        "rank share --unit institution",
        "rank share --unit institution --format csv",
        "rank share --unit institution --json",
        "rank share --unit author",
        "explain share I1 --unit institution",
        "explain share --unit institution --why-not W1",
        "dossier W1",
        "dossier W1 --format json",
    ],
)
def test_nothing_printed_steers_a_terminal(obs: Path, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = run([*words.split(), "--into", str(obs)])
    out, err = capsys.readouterr()
    assert code in (0, 2)
    assert code == 2 or "Evil" in out or "W1" in out
    for text in (out, err):
        assert not set(text) & set("\x1b\x07\x9b\x08\r\u202e"), repr(text[:300])


def test_messages_of_the_parser_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rank", "share", "--uni\x1b[2Jt", "x"]) == 2
    assert "\x1b" not in capsys.readouterr().err
