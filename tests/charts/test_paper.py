"""A ranking as a figure of matplotlib and as a Vega-Lite specification: the same rows and words."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from armillary.errors import UsageError
from armillary.observatory import Observatory
from support.tiny import observatory

pytest.importorskip("matplotlib")


@pytest.fixture
def obs(tmp_path: Path) -> Observatory:
    papers = [{"id": n, "authors": [[[1 + n % 2]]], "year": 2020 + n % 2} for n in range(1, 6)]
    return observatory(tmp_path, papers, {1: "CN", 2: "US"})


def texts(figure: Any) -> str:
    axes = figure.axes[0]
    return "\n".join([axes.get_title(loc="left"), axes.get_xlabel(), *(t.get_text() for t in [*axes.get_yticklabels(), *figure.texts])])


def test_a_figure_has_the_rows_and_the_notes(obs: Observatory) -> None:
    ranking = obs.rank("count", counting="full")
    figure = ranking.to_matplotlib(focus="US")
    bars = figure.axes[0].patches
    assert [b.get_width() for b in bars] == [3.0, 2.0]
    assert bars[0].get_facecolor() != bars[1].get_facecolor()
    said = texts(figure)
    assert "1. United States" in said
    assert "full counting" in said
    assert ranking.meta["title"] in said
    out = io.BytesIO()
    figure.savefig(out, format="pdf")
    assert out.getvalue().startswith(b"%PDF")


def test_shares_are_dots_and_percents_and_intervals_are_drawn(obs: Observatory) -> None:
    ranking = obs.rank("pp-international").intervals(draws=40)
    figure = ranking.to_matplotlib()
    assert not figure.axes[0].patches
    assert len(figure.axes[0].collections) == 2
    figure.canvas.draw()
    assert all("%" in t.get_text() for t in figure.axes[0].get_xticklabels())


def test_a_series_and_what_is_no_picture_of_one_period(obs: Observatory) -> None:
    assert "OECD" in texts(obs.series("gerd-gdp").to_matplotlib(top=3))
    with pytest.raises(UsageError, match="one period"):
        obs.rank("count", step=1, period="2020-2021").to_matplotlib()


def test_vega_lite_with_its_data(obs: Observatory) -> None:
    pytest.importorskip("altair")
    spec = obs.rank("count", counting="full").to_vegalite(top=1)
    assert "vega-lite" in spec["$schema"]
    assert "United States" in str(spec)
    assert "China" not in str(spec["data"] if "data" in spec else spec.get("datasets"))
