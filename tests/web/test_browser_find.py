"""By keyboard in a real browser: find a country by a misspelt name, compare it, drag the year, switch views, take the picture.

Needs Chromium with chromedriver and selenium; skipped with a reason where they are missing.
"""

from __future__ import annotations

import shutil
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from armillary.core.store import Store
from armillary.web.app import create_app
from support.unhurried import unhurried

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")]

selenium = pytest.importorskip("selenium", reason="selenium is not installed (test-time only)")
CHROME = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
DRIVER = shutil.which("chromedriver")
if not CHROME or not DRIVER:
    pytest.skip("needs Chromium and chromedriver (apt-get install chromium chromium-driver)", allow_module_level=True)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The shipped tables on a free port of this machine."""
    folder = tmp_path_factory.mktemp("empty") / "observatory"
    Store.create(folder)
    with served(folder) as found:
        yield found


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """An observatory on a free port of this machine."""
    import uvicorn

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = create_app(folder, settings=unhurried(), threads=1)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = str(CHROME)
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def until(browser: Any, script: str, seconds: float = 30) -> Any:
    """What a script answers once it answers something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = browser.execute_script("return " + script)
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for: {script}")


def keys(browser: Any, *pressed: str) -> None:
    from selenium.webdriver import ActionChains

    for key in pressed:
        ActionChains(browser).send_keys(key).perform()


def opened(browser: Any, url: str, width: int = 1280) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    )
    browser.get(url)
    until(
        browser,
        "document.readyState==='complete' && performance.getEntriesByType('navigation')[0]?.responseStatus !== 202"
        " && (!document.querySelector('.chart') || document.documentElement.dataset.charts==='ready')",
    )


def walk_to(browser: Any, selector: str, *, back: bool = False) -> None:
    """Tab, as often as it takes, until an element has the focus; ``back`` goes up from the end of the page, past a long table."""
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    for _step in range(150):
        if browser.execute_script("return document.activeElement.matches(arguments[0])", selector):
            return
        step = ActionChains(browser)
        (step.key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT) if back else step.send_keys(Keys.TAB)).perform()
    raise AssertionError(f"the keyboard does not reach {selector}")


def downloads_to(browser: Any, folder: Path) -> None:
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})


def downloaded(folder: Path, ending: str, seconds: float = 60) -> bytes:
    """The file that came."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = [p for p in folder.iterdir() if p.name.endswith(ending)]
        if found and found[0].stat().st_size:
            return found[0].read_bytes()
        time.sleep(0.1)
    raise AssertionError(f"no {ending} came: {list(folder.iterdir())}")


PICTURE = ".downloads a[href*='.svg']"
SAID = {"english": ("Source: ", "public domain"), "chinese": ("来源：", "公有领域")}


@pytest.mark.parametrize(
    ("start", "typed", "name", "others"),
    [("/", "Germnay", "Germany", ("Brasil", "Braz")), ("/zh", "德果", "德国", ("巴希", "巴西"))],
    ids=["english", "chinese"],
)
def test_by_keyboard_alone_from_a_misspelt_name_to_the_picture(browser, address, tmp_path, request, start, typed, name, others):
    """Find a country, compare it with two others, drag the year, switch to map and table, download the picture, read it."""
    from selenium.webdriver.common.keys import Keys

    downloads_to(browser, tmp_path)
    opened(browser, address + start)
    keys(browser, "/", typed)
    until(browser, f"document.querySelector('#find-list li') && document.querySelector('#find-list li').textContent.startsWith('{name}')")
    keys(browser, Keys.ARROW_DOWN, Keys.ENTER)
    until(browser, f"location.pathname.includes('/countries/') && document.querySelector('h1').textContent === '{name}'")
    ready = "document.documentElement.dataset.charts==='ready'"
    until(browser, ready)
    walk_to(browser, "a.button[href*='/compare']")
    keys(browser, Keys.ENTER)
    # three peers come along: two of them go, a country of the reader's own choice comes
    for left in (3, 2):
        until(browser, f"location.pathname.endsWith('/compare') && document.querySelectorAll('.chips li').length === {left + 1} && {ready}")
        walk_to(browser, ".chips li:last-child a[aria-label]")
        keys(browser, Keys.ENTER)
    until(browser, f"document.querySelectorAll('.chips li').length === 2 && {ready}")
    walk_to(browser, "#add")
    keys(browser, others[0], Keys.ENTER)
    until(browser, f"document.querySelectorAll('.chips li').length === 3 && {ready}")
    assert others[1] in browser.execute_script("return document.querySelector('.chips li:last-child').textContent")
    walk_to(browser, ".multiples h2 a")
    keys(browser, Keys.ENTER)
    until(browser, f"document.querySelectorAll('#g-chips li').length === 3 && {ready}")
    walk_to(browser, "[data-tab=map]")
    keys(browser, Keys.ENTER)
    walk_to(browser, "#g-slide")
    keys(browser, Keys.HOME, Keys.ARROW_RIGHT)
    until(browser, "location.search.includes('year=2004') && document.querySelector('h1').textContent.includes('2004')")
    walk_to(browser, "[data-tab=table]", back=True)
    keys(browser, Keys.ENTER)
    until(browser, "!document.querySelector('[data-panel=table]').hidden && location.search.includes('tab=table')")
    walk_to(browser, PICTURE, back=True)
    keys(browser, Keys.ENTER)
    picture = downloaded(tmp_path, ".svg").decode()
    for text in (*SAID[request.node.callspec.id], "NCSES" if start == "/" else "美国", name, "2004"):
        assert text in picture, text


@pytest.mark.parametrize(
    ("page", "says"),
    [("/path/share/country", "Synthetic data: an invented world"), ("/zh/path/share/country", "合成数据")],
    ids=["english", "chinese"],
)
def test_the_picture_of_an_invented_world_warns(browser, invented, tmp_path, page, says):
    """By keyboard as a picture, by finger as a table: the warning stands in both files."""
    from selenium.webdriver.common.keys import Keys

    downloads_to(browser, tmp_path)
    with served(invented) as site:
        opened(browser, site + page)
        walk_to(browser, PICTURE, back=True)
        keys(browser, Keys.ENTER)
        assert says in downloaded(tmp_path, ".svg").decode()
        browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 1})
        try:
            opened(browser, site + page, width=390)
            tap(browser, ".downloads a[href*='.csv']")
            rows = downloaded(tmp_path, ".csv").decode().splitlines()
        finally:
            browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
        assert len(rows) > 2 and all(says in row for row in rows[1:])


@pytest.mark.parametrize(("start", "typed", "name"), [("/", "Germnay", "Germany"), ("/zh", "德果", "德国")], ids=["english", "chinese"])
def test_a_misspelt_name_leads_to_the_country(browser, address, start, typed, name):
    from selenium.webdriver.common.keys import Keys

    opened(browser, address + start)
    keys(browser, "/", typed)
    first = until(browser, "document.querySelector('#find-list li') && document.querySelector('#find-list li').textContent")
    assert first.startswith(name)
    keys(browser, Keys.ARROW_DOWN, Keys.ENTER)
    assert until(browser, "location.pathname.includes('/countries/') && document.querySelector('h1').textContent") == name


def test_a_newcomer_with_a_clock(browser, address, tmp_path):
    """Is India third in papers? Since when? Send me a picture."""
    from selenium.webdriver.common.keys import Keys

    opened(browser, address + "/")
    begun = time.monotonic()
    keys(browser, "/", "india papers")
    until(browser, "document.querySelector('#find-list li') && document.querySelector('#find-list li').textContent.startsWith('India:')")
    keys(browser, Keys.ARROW_DOWN, Keys.ENTER)
    said = until(
        browser, "location.search.includes('units=IN') && document.querySelector('h1') && document.querySelector('h1').textContent"
    )
    assert "rank 3 of 200 in 2022" in said and "since 2017" in said
    link = browser.execute_script("return [...document.querySelectorAll('.downloads a')].find(a => a.href.includes('.svg')).href")
    picture = urllib.request.urlopen(link).read().decode()
    assert "since 2017" in picture and "NCSES" in picture and "public domain" in picture
    assert time.monotonic() - begun < 60


def test_compare_drag_the_year_and_switch_views_by_keyboard(browser, address):
    from selenium.webdriver.common.keys import Keys

    opened(browser, address + "/series/articles-fractional?units=DE")
    browser.get_log("browser")
    for name in ("Frnace", "Japan"):
        browser.find_element("id", "g-add").send_keys(name, Keys.ENTER)
    until(browser, "document.querySelectorAll('#g-chips li').length === 3")
    until(browser, "location.search.includes('units=DE,FR,JP')")
    until(browser, "document.querySelector('.chart svg').textContent.includes('Japan')")
    browser.find_element("css selector", "[data-tab=map]").send_keys(Keys.ENTER)
    slide = browser.find_element("id", "g-slide")
    slide.send_keys(Keys.HOME)
    until(browser, "document.querySelector('h1').textContent.includes('2003')")
    slide.send_keys(Keys.ARROW_RIGHT)
    until(browser, "location.search.includes('year=2004')")
    browser.find_element("css selector", "[data-tab=table]").send_keys(Keys.ENTER)
    first = until(browser, "document.querySelector('#g-table tbody tr td.name').textContent")
    assert first == "United States" and until(browser, "location.search.includes('tab=table')")
    query = browser.execute_script("return location.search")
    opened(browser, address + "/series/articles-fractional" + query)  # the address is the state
    assert browser.execute_script("return document.querySelector('#g-table tbody tr td.name').textContent") == first
    assert [e for e in browser.get_log("browser") if e["level"] in ("SEVERE", "WARNING")] == []


def test_the_browser_ranks_as_the_server_does(browser, address):
    page = "/series/articles-fractional?tab=table&year=2018"
    names = (
        "[...document.querySelectorAll('#g-table tbody tr')].slice(0, 60).map(r => r.children[0].textContent + r.children[1].textContent)"
    )
    opened(browser, address + page + "&per=head")
    server = browser.execute_script("return " + names)
    opened(browser, address + page)
    plain = browser.execute_script("return " + names)
    browser.execute_script("document.getElementById('g-per').click()")
    time.sleep(0.3)
    assert browser.execute_script("return " + names)[:40] == server[:40] != plain[:40]


@pytest.mark.parametrize(
    "page",
    [
        "/",
        "/series/gerd-gdp",
        "/search?q=chnia",
        "/rankings",
        "/glossary",
        "/intervals",
        "/zh/series/gerd-gdp",
        "/countries/CN",
        "/compare",
        "/es",
    ],
)
def test_a_phone_needs_no_sideways_scroll(browser, address, page):
    opened(browser, address + page, width=360)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 360


def test_a_site_of_files_finds_and_draws_too(browser, tmp_path):
    from selenium.webdriver.common.keys import Keys

    from armillary.web.publish import publish
    from armillary.web.site import Site

    Store.create(tmp_path / "observatory")
    done = publish(Site(tmp_path / "observatory", unhurried(), threads=1), tmp_path / "site", most=60, languages=("en",))
    opened(browser, (done.folder / "index.html").as_uri())
    keys(browser, "/", "Glosary")
    until(browser, "document.querySelector('#find-list li') && document.querySelector('#find-list li').textContent.startsWith('Glossary')")
    keys(browser, Keys.ARROW_DOWN, Keys.ENTER)
    assert until(browser, "location.pathname.includes('/glossary/') && document.querySelector('h1').textContent") == "Glossary"
    found = sorted((done.folder / "series").glob("*/index.html"))
    opened(browser, found[0].as_uri())
    browser.find_element("css selector", "[data-tab=chart]").send_keys(Keys.ENTER)
    assert until(browser, "document.querySelector('.chart svg') && document.querySelector('[data-panel=table]').hidden")
    # three countries side by side, and from a measure into the grapher with the same three
    opened(browser, (done.folder / "compare" / "index.html").as_uri())
    measure = browser.execute_script("return document.querySelector('.multiples h2 a').href")
    assert "?units=" in measure
    opened(browser, measure)
    until(browser, "document.querySelectorAll('#g-chips li').length === 3")


def tap(browser: Any, selector: str) -> None:
    """One finger on the middle of an element."""
    spot = browser.execute_script(
        "const e = document.querySelector(arguments[0]);"
        "e.scrollIntoView({block: 'center', behavior: 'instant'}); const r = e.getBoundingClientRect();"
        "return {x: r.x + r.width / 2, y: r.y + r.height / 2}",
        selector,
    )
    for kind, points in (("touchStart", [spot]), ("touchEnd", [])):
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def drag(browser: Any, selector: str, part: float) -> None:
    """One finger along a slider, to a part of its width."""
    box = browser.execute_script(
        "const e = document.querySelector(arguments[0]);"
        "e.scrollIntoView({block: 'center', behavior: 'instant'}); const r = e.getBoundingClientRect();"
        "return {x: r.x, y: r.y + r.height / 2, w: r.width}",
        selector,
    )
    ways = [("touchStart", 0.98), ("touchMove", (0.98 + part) / 2), ("touchMove", part), ("touchEnd", None)]
    for kind, at in ways:
        points = [] if at is None else [{"x": box["x"] + at * box["w"], "y": box["y"]}]
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


@pytest.mark.parametrize(("start", "typed", "name"), [("/", "Kenja", "Kenya"), ("/zh", "肯尼压", "肯尼亚")], ids=["english", "chinese"])
def test_by_touch_from_a_misspelt_name_to_the_picture(browser, address, tmp_path, request, start, typed, name):
    """Find a country, compare it with two others, drag the year, switch to map and table, and read the picture's source."""
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 1})
    try:
        opened(browser, address + start, width=390)
        tap(browser, "#find-text")
        keys(browser, typed)
        until(
            browser,
            f"document.querySelector('#find-list li') && document.querySelector('#find-list li').textContent.startsWith('{name}')",
        )
        tap(browser, "#find-list li")
        assert until(browser, "location.pathname.includes('/countries/') && document.querySelector('h1').textContent") == name
        tap(browser, "a.button[href*='/compare']")
        until(browser, "location.pathname.endsWith('/compare') && document.querySelectorAll('.chips li').length === 4")
        until(browser, "document.documentElement.dataset.charts==='ready'")
        tap(browser, ".chips li:last-child a[aria-label]")
        until(browser, "document.querySelectorAll('.chips li').length === 3")
        tap(browser, ".multiples h2 a")
        until(browser, "location.search.split('units=')[1]?.split(/,|%2C/).length === 3")
        until(browser, "document.documentElement.dataset.charts==='ready'")
        tap(browser, "[data-tab=map]")
        before = until(browser, "document.getElementById('g-shown').textContent")
        drag(browser, "#g-slide", 0.3)
        until(browser, f"document.getElementById('g-shown').textContent !== '{before}'")
        tap(browser, "[data-tab=table]")
        until(browser, "!document.querySelector('[data-panel=table]').hidden && location.search.includes('tab=table')")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        downloads_to(browser, tmp_path)
        tap(browser, PICTURE)
        picture = downloaded(tmp_path, ".svg").decode()
        assert all(text in picture for text in SAID[request.node.callspec.id])
        assert name in browser.execute_script("return document.getElementById('g-chips').textContent")
    finally:
        browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})


def test_a_mark_on_the_map_leads_to_its_page(browser, address):
    opened(browser, address + "/series/articles-fractional?tab=map")
    spot = browser.execute_script(
        "const marks = [...document.querySelectorAll('.chart svg .mark-shape path')];"
        "const big = marks.map(m => [m, m.getBoundingClientRect()]).filter(([m]) => m.__data__?.datum?.name === 'Brazil')[0];"
        "if (!big) return null; const r = big[1]; return {x: r.x + r.width / 2, y: r.y + r.height / 2}"
    )
    assert spot is not None
    from selenium.webdriver.common.actions.action_builder import ActionBuilder

    actions = ActionBuilder(browser)
    actions.pointer_action.move_to_location(round(spot["x"]), round(spot["y"])).click()
    actions.perform()
    assert until(browser, "location.pathname.endsWith('/countries/BR') && document.querySelector('h1').textContent") == "Brazil"


def test_text_from_right_to_left_fits_a_phone(browser, address):
    """The whole layout turned round, as a language written from right to left has it."""
    for page in ("/", "/series/gerd-gdp", "/countries/IN", "/compare", "/rankings", "/search?q=chna", "/glossary"):
        opened(browser, address + page, width=360)
        browser.execute_script("document.documentElement.dir = 'rtl'")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 360, page


TWELVE = [
    "/",
    "/countries",
    "/countries/IN",
    "/compare?units=IN,CN,US",
    "/series/articles-fractional",
    "/groups/eu",
    "/stories",
    "/rankings",
    "/claims",
    "/methods",
    "/ask?q=India+is+the+third+largest+producer+of+scientific+papers",
    "/zh/series/gerd-gdp",
]


@pytest.mark.parametrize("page", TWELVE)
def test_nothing_is_found_on_twelve_pages(browser, address, page):
    """No finding of axe-core of any level, best practice included; no word on the console; all charts drawn."""
    from test_browser import AXE

    if AXE is None:
        pytest.skip("needs axe-core: npm install --prefix .cache axe-core")
    browser.get_log("browser")
    opened(browser, address + page)
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE.read_text()})
    found = browser.execute_async_script(
        "const done = arguments[0];"
        "axe.run().then(r => done(r.violations.map(v => [v.impact, v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160))])))"
    )
    assert found == []
    assert [e["message"] for e in browser.get_log("browser") if e["level"] in ("SEVERE", "WARNING")] == []
    empty = (
        "[...document.querySelectorAll('.chart')].filter(c => !c.closest('[hidden], details:not([open])')"
        " && !(c.classList.contains('ready') && c.querySelector('svg'))).length"
    )
    assert browser.execute_script("return " + empty) == 0
