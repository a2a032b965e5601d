"""The pages in a real browser: no console errors, charts drawn, sliders re-rank, nothing too wide, axe-core content, both themes.

Needs Chromium with chromedriver and selenium; the accessibility check also axe-core (``npm install --prefix .cache axe-core``, or its
file in ``AXE_CORE``). Each is skipped with a reason where it is missing.
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from armillary.charts import base as charts
from support.unhurried import unhurried

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")]

selenium = pytest.importorskip("selenium", reason="selenium is not installed (test-time only)")
CHROME = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
DRIVER = shutil.which("chromedriver")
if not CHROME or not DRIVER:
    pytest.skip("needs Chromium and chromedriver (apt-get install chromium chromium-driver)", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]
AXE = next(
    (
        p
        for p in (Path(os.environ.get("AXE_CORE", "/nowhere")), ROOT / ".cache" / "node_modules" / "axe-core" / "axe.min.js")
        if p.is_file()
    ),
    None,
)
BASELINES = Path(__file__).parent / "baselines"
PAGES = [
    "/",
    "/rankings",
    "/rankings/share/city?period=2024",
    "/map",
    "/path/share/city",
    "/units/country/CN",
    "/compare/country?ids=CN,US",
    "/robustness/share/country?period=2022-2024",
    "/records/share/country/CN",
    "/collaboration",
    "/clusters",
    "/clusters/cl:CN:beijing",
    "/leadership",
    "/dossier/field:16",
    "/dossier/W1000097",
    "/brief",
    "/indices/research-profile",
    "/claims?file=small",
    "/claims/small/beijing-first",
    "/methods",
    "/data",
    "/zh",
    "/zh/rankings/share/country",
]


@pytest.fixture(scope="module")
def address(app):
    """The site on a free port of this machine."""
    with served(app) as found:
        yield found


@contextmanager
def served(app):
    """A site on a free port of this machine."""
    import uvicorn

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser():
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = CHROME
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--disable-dev-shm-usage",
        "--window-size=1280,900",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def until(browser, script: str, seconds: float = 60) -> None:
    """Wait until a script says yes; a page that is still being computed asks again by itself."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if browser.execute_script("return " + script):
            return
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for: {script}")


def show(browser, url: str, *, width: int = 1280, dark: bool = False) -> list[str]:
    """Open a page, wait for its charts, and return what the console complained about."""
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]}
    )
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    )
    browser.get_log("browser")
    browser.get(url)
    end = time.monotonic() + 120
    # a page that is still being computed says so and asks again by itself
    while time.monotonic() < end and not browser.execute_script(
        "return document.readyState==='complete' && performance.getEntriesByType('navigation')[0]?.responseStatus !== 202"
        " && (!document.querySelector('.chart') || document.documentElement.dataset.charts==='ready')"
    ):
        time.sleep(0.05)
    return [e["message"] for e in browser.get_log("browser") if e["level"] in ("SEVERE", "WARNING")]


@pytest.mark.parametrize("page", PAGES)
def test_page_loads_draws_and_fits(browser, address, page):
    assert show(browser, address + page) == []
    drawn = browser.execute_script(
        "return [...document.querySelectorAll('.chart')].map(c => c.classList.contains('ready') && !!c.querySelector('svg'))"
    )
    assert all(drawn)
    for width in (360, 768, 1280):
        assert show(browser, address + page, width=width) == []
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width, f"{page} is wider than {width}"


@pytest.mark.skipif(AXE is None, reason="needs axe-core: npm install --prefix .cache axe-core")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_no_serious_accessibility_issue(browser, address, page, dark):
    show(browser, address + page, dark=dark)
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE.read_text()})
    found = browser.execute_async_script(
        "const done = arguments[0]; axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']}).then(r => done(r.violations.map(v => "
        "[v.impact, v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' :: ' + (n.any[0] || n.all[0] || {}).message)])))"
    )
    assert [v for v in found if v[0] in ("serious", "critical")] == []


def test_charts_follow_the_theme(browser, address):
    for dark in (False, True):
        show(browser, address + "/path/share/city", dark=dark)
        svg = browser.execute_script("return document.querySelector('.chart svg').outerHTML")
        assert charts.TOKENS["dark" if dark else "light"].ink in svg
    button = browser.find_element("id", "theme")
    button.click()
    time.sleep(0.5)
    assert browser.execute_script("return document.documentElement.dataset.theme") == "light"
    assert charts.TOKENS["light"].ink in browser.execute_script("return document.querySelector('.chart svg').outerHTML")
    browser.execute_script("localStorage.clear()")


def test_sliders_rank_again_as_the_program_does(browser, address, get):
    """What the browser computes from moved sliders is what armillary.composite computes for the same weights."""
    show(browser, address + "/indices/research-profile")
    before = browser.execute_script("return [...document.querySelectorAll('#indextable tbody tr')].map(r => r.dataset.id)")
    browser.execute_script(
        "document.querySelectorAll('#explorer input[data-part]').forEach((s, k) => { s.value = [0, 0, 5, 10, 60, 5, 20][k] ?? 1;"
        "s.dispatchEvent(new Event('input')); s.dispatchEvent(new Event('change')); })"
    )
    time.sleep(0.6)
    rows = browser.execute_script(
        "return [...document.querySelectorAll('#indextable tbody tr')].map(r => [r.dataset.id, r.querySelector('[data-rank]').textContent,"
        "r.querySelector('[data-score]').textContent, r.querySelector('[data-span]').textContent])"
    )
    assert [r[0] for r in rows] != before
    query = browser.execute_script("return location.search")
    assert query.startswith("?w=")
    table = get("/indices/research-profile.json" + query).json()["rows"]
    assert [(r[0], int(r[1])) for r in rows] == [(t["unit_id"], t["rank"]) for t in table]
    assert [float(r[2]) for r in rows] == pytest.approx([t["value"] for t in table], abs=0.006)
    for _unit, rank, _score, span in rows:
        low, high = map(int, span.split("–"))
        assert low <= int(rank) <= high
    browser.find_element("css selector", "[data-reset]").click()
    time.sleep(0.4)
    assert browser.execute_script("return [...document.querySelectorAll('#indextable tbody tr')].map(r => r.dataset.id)") == before


def test_filters_and_links_work_with_the_keyboard(browser, address):
    from selenium.webdriver.common.keys import Keys

    show(browser, address + "/rankings/share/city")
    field = browser.find_element("id", "period")
    field.send_keys("2020-2021", Keys.ENTER)
    until(browser, "location.search.includes('period=2020-2021') && document.querySelector('.lead')?.textContent.includes('2020–2021')")
    browser.find_element("css selector", "td.name a").click()
    until(browser, "location.pathname.startsWith('/units/city/')")


def test_map_has_views_and_a_globe_turns(browser, address, invented):
    from selenium.webdriver.support.ui import Select

    show(browser, address + "/map")
    before = browser.execute_script("return document.querySelector('.chart svg').innerHTML.length")
    Select(browser.find_element("css selector", ".chart-frame select")).select_by_visible_text("East Asia")
    time.sleep(0.6)
    assert browser.execute_script("return document.querySelector('.chart svg').innerHTML.length") != before
    # the front page of an invented world has a globe, that of the real one the map of countries
    from armillary.web.app import create_app

    with served(create_app(invented, settings=unhurried(draws=40, names=("testserver",)), threads=1)) as other:
        show(browser, other + "/")
        lon = "return document.querySelector('.chart')._view.signal('lon')"
        start = browser.execute_script(lon)
        from selenium.webdriver import ActionChains

        box = browser.find_element("css selector", ".chart svg")
        ActionChains(browser).move_to_element(box).click_and_hold().move_by_offset(80, 0).release().perform()
        assert browser.execute_script(lon) == pytest.approx(start - 28, abs=2)


def test_chart_file_draws_under_its_own_policy(browser, tmp_path):
    from armillary.charts.ranking import ranked_bars

    rows = [
        {"rank": 1, "unit_id": "a", "name": "A", "value": 2.0, "low": 1.5, "high": 2.5},
        {"rank": 2, "unit_id": "b", "name": "B", "value": 1.0},
    ]
    file = charts.save(ranked_bars(rows, title="Alone"), tmp_path / "alone.html")
    browser.get_log("browser")
    browser.get(file.as_uri())
    time.sleep(1.5)
    assert "Alone" in browser.execute_script("return document.querySelector('#chart svg').textContent")
    assert [e for e in browser.get_log("browser") if e["level"] == "SEVERE"] == []


def test_published_site_works_from_the_disk(browser, small, tmp_path):
    from armillary.web.publish import publish
    from armillary.web.site import Site

    publish(Site(small, unhurried(draws=20), threads=1), tmp_path / "site", most=30)
    for name in ("index.html", "indices/research-profile/index.html", "map/index.html"):
        assert show(browser, (tmp_path / "site" / name).as_uri()) == []
        assert browser.execute_script("return !!document.querySelector('.chart svg')")


@pytest.mark.parametrize(
    "page, name",
    [
        ("/", "front"),
        ("/rankings/share/city?period=2024", "ranking"),
        ("/map", "map"),
        ("/path/share/city", "path"),
        ("/indices/research-profile", "index"),
        ("/claims?file=small", "claims"),
    ],
)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_main_pages_look_as_they_did(browser, address, page, name, dark):
    """Shrunk to 128 pixels across, so that fonts of another machine do not matter and a lost chart, theme or layout does.

    ARMILLARY_BASELINES=1 writes new baselines.
    """
    from PIL import Image

    show(browser, address + page, dark=dark)
    time.sleep(0.3)
    seen = Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("L").resize((128, 90), Image.Resampling.LANCZOS)
    file = BASELINES / f"{name}-{'dark' if dark else 'light'}.png"
    if os.environ.get("ARMILLARY_BASELINES"):
        BASELINES.mkdir(exist_ok=True)
        seen.save(file, optimize=True)
    kept = np.asarray(Image.open(file), dtype=float)
    assert np.abs(np.asarray(seen, dtype=float) - kept).mean() < 9
