"""Theme, colours, saving: contrast and colour vision are measured, files are the same every time and carry no foreign address."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest

from armillary.charts import base
from armillary.charts.ranking import ranked_bars
from armillary.errors import InputError

ROWS = [
    {"rank": i, "unit_id": f"u{i}", "name": name, "value": 100.0 / i, "low": 90.0 / i, "high": 108.0 / i}
    for i, name in enumerate(["北京", "A & B <b>bold</b></script><script>alert(1)</script>", "São Paulo"], 1)
]
ROWS.append({"rank": None, "unit_id": None, "name": "unassigned", "value": 3.0, "low": None, "high": float("nan")})

# Viénot/Machado simulation matrices (severity 1) on linear RGB: normal, protan, deutan, tritan
VISION = {
    "normal": np.eye(3),
    "protan": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deutan": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritan": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}


def linear(colour: str) -> np.ndarray:
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """WCAG 2 contrast ratio."""
    la, lb = sorted((float(linear(x) @ [0.2126, 0.7152, 0.0722]) for x in (a, b)), reverse=True)
    return (la + 0.05) / (lb + 0.05)


def oklab(rgb: np.ndarray) -> np.ndarray:
    lms = np.array(
        [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]]
    )
    lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return lab @ np.cbrt(lms @ np.clip(rgb, 0, 1))


def test_contrast_formula_on_known_pairs():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_marks_have_contrast(theme):
    t = base.TOKENS[theme]
    for ground in (t.ground, t.panel):
        for text in (t.ink, t.muted, t.accent, t.brass, t.rise, t.fall):
            assert contrast(text, ground) >= 4.5, (theme, text, ground)
        assert contrast(t.control, ground) >= 3
    assert contrast(t.quiet, t.ground) >= 3
    for colour in base.PALETTE if theme == "light" else base.PALETTE_DARK:
        assert contrast(colour, t.ground) >= 3, (theme, colour)


OKABE_ITO = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#000000")


def closest(palette: tuple[str, ...], vision: str) -> float:
    """The smallest distance (OKLab) between two colours of a palette as seen with a kind of vision."""
    seen = [oklab(VISION[vision] @ linear(c)) for c in palette]
    return min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2))


@pytest.mark.parametrize("palette", [base.PALETTE, base.PALETTE_DARK])
def test_categories_stay_apart_for_every_colour_vision(palette):
    """The yardstick is the best known palette for this purpose; its worst case is 0.076 (deutan)."""
    yardstick = min(closest(OKABE_ITO, v) for v in VISION)
    assert yardstick == pytest.approx(0.076, abs=0.002)
    assert min(closest(palette, v) for v in VISION) > 1.25 * yardstick


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ramps_are_even(theme):
    steps = [oklab(linear(c))[0] for c in base.SEQUENTIAL[theme]]
    diffs = np.diff(steps)
    assert (diffs < 0).all() if theme == "light" else (diffs > 0).all()


@pytest.mark.parametrize("suffix", [".svg", ".png", ".html", ".json"])
def test_same_chart_same_bytes(tmp_path: Path, suffix):
    base.save(ranked_bars(ROWS, title="Other"), tmp_path / "before.svg")
    one = base.save(ranked_bars(ROWS, title="T"), tmp_path / f"one{suffix}")
    base.save(ranked_bars(ROWS[:1], title="Between"), tmp_path / "between.svg")
    two = base.save(ranked_bars(ROWS, title="T"), tmp_path / f"two{suffix}")
    assert one.read_bytes() == two.read_bytes()


def test_save_names_the_endings(tmp_path):
    with pytest.raises(InputError, match=r"\.svg, \.png, \.html or \.json"):
        base.save(ranked_bars(ROWS), tmp_path / "chart.bmp")


def test_png_scale_and_theme(tmp_path):
    from PIL import Image

    small = Image.open(base.save(ranked_bars(ROWS), tmp_path / "a.png", scale=1))
    large = Image.open(base.save(ranked_bars(ROWS), tmp_path / "b.png", scale=2, theme="dark"))
    assert large.width == pytest.approx(2 * small.width, abs=2)
    assert small.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
    assert "#{:02x}{:02x}{:02x}".format(*large.convert("RGB").getpixel((1, 1))) == base.TOKENS["dark"].ground


def test_theme_reaches_the_marks(tmp_path):
    chart = ranked_bars(ROWS, focus="u1")
    for theme in ("light", "dark"):
        drawn = base.render(base.spec(chart), "svg", theme).decode()
        assert base.TOKENS[theme].accent in drawn
        assert f'fill="{base.TOKENS[theme].ground}"' in drawn


def test_themed_keeps_the_charts_own_configuration():
    chart = ranked_bars(ROWS).configure_axis(labelFontSize=20)
    found = base.themed(chart, "dark").to_dict()["config"]
    assert found["axis"]["labelFontSize"] == 20
    assert found["background"] == base.TOKENS["dark"].ground
    assert "background" not in chart.to_dict()["config"] or chart.to_dict()["config"]["background"] != base.TOKENS["dark"].ground


def test_hostile_names_stay_inside_their_script_element():
    fragment = base.html_fragment(ranked_bars(ROWS, title="</script><img src=x onerror=alert(1)>"), 'say "quoted" & <b>')
    assert fragment.count("<script") == 1 and fragment.count("</script>") == 1
    assert "<img" not in fragment and "<b>" not in fragment
    data = json.loads(re.search(r"<script[^>]*>(.*)</script>", fragment, re.S)[1])
    names = {r["name"] for d in data["datasets"].values() for r in d}
    assert ROWS[1]["name"] in names  # escaped, not altered


def test_standalone_file_has_no_foreign_address_and_a_policy(tmp_path):
    text = base.save(ranked_bars(ROWS, title="T"), tmp_path / "c.html").read_text()
    head = text[: text.index("<body>")]
    assert "default-src 'none'" in head and "unsafe-eval" not in head and "script-src 'sha256-" in head
    assert base.bundle() in text  # Vega itself; the rest of the file is ours and names no file
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", text.replace(base.bundle(), ""))


def test_unassigned_and_missing_values_are_not_drawn():
    found = base.spec(ranked_bars(ROWS))
    rows = next(iter(found["datasets"].values())) if "datasets" in found else found["data"]["values"]
    assert [r["unit_id"] for r in rows] == ["u1", "u2", "u3"]


def test_tokens_css_has_all_themes():
    css = base.tokens_css()
    assert css.count("--accent:") == 4 and "@media print" in css and base.PALETTE_DARK[0] in css
