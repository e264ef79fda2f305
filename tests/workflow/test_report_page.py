"""The report as a reader has it: opened from disk, in a browser without a network."""

import base64
import json
import re
import shutil

import pandas as pd
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from deepgalaxy.figures.table import FIGURES
from deepgalaxy.report.values import show_value
from support.runs import MODELS, tiny_run

TABLES = {
    "metrics": "metrics.csv",
    "skill": "skill.csv",
    "summary": "summary.csv",
    "baselines": "baselines/tiny/four_stages.csv",
    "intervals": f"intervals/{tiny_run()}.csv",
    "errors": f"errors/{tiny_run()}.csv",
    "scaling": "scaling.csv",
    "scaling_model": f"scaling_model/{MODELS}.csv",
    "throughput": "throughput.csv",
    "claims": "claims.csv",
}

NOT_IN_TINY = ("observing_run", "compared_run", "property_run", "robust_run", "searching_encoder", "sweep")
"""Subjects of figures of which the small chain has none."""


@pytest.fixture(scope="module")
def page(finished, tmp_path_factory):
    """The report of the tiny chain in a headless Chromium."""
    programs = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
    if None in programs.values():
        pytest.skip("Chromium is not installed (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = programs["chromium"]
    for argument in (
        *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
        *("--disable-component-update", "--disable-sync", "--window-size=1200,900"),
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options, Service(programs["chromedriver"]))
    try:
        browser.get((finished / "results/report.html").as_uri())
        yield browser
    finally:
        browser.quit()


@pytest.fixture
def table(page):
    """A function that returns a table of the page, as values of its columns, in the order in which it stands there: a
    single row is a list of its values, and what is the same in all rows is said in the caption."""

    def table(name):
        return pd.DataFrame(
            page.execute_script(
                "const table = document.querySelector(`[data-table='${arguments[0]}']`);"
                "const values = (parts, key) => Object.fromEntries("
                "  [...parts].map(part => [part.dataset[key], part.dataset.value]));"
                "if (!table.tHead) return [values(table.querySelectorAll('dd'), 'column')];"
                "const columns = [...table.tHead.rows[0].cells].map(cell => cell.dataset.column);"
                "const once = values(table.querySelectorAll('[data-once]'), 'once');"
                "return [...table.tBodies[0].rows].map(row => ({...once, ...Object.fromEntries("
                "  columns.map((column, index) => [column, row.cells[index].dataset.value]))}));",
                name,
            )
        )

    return table


def test_it_opens_without_an_error_and_asks_for_nothing(page, finished):
    assert page.title == "Dating galaxy mergers from images"
    assert page.get_log("browser") == []
    loaded = page.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [name for name in loaded if not name.startswith("data:")] == []
    assert (finished / "results/report.html").stat().st_size < 10e6


def test_every_figure_is_there_and_described(page, finished):
    figures = page.execute_script(
        "return [...document.images].map(image => [image.complete && image.naturalWidth, image.alt, image.src])"
    )
    assert all(width > 0 and len(alt) > 20 for width, alt, _ in figures)
    shown = {base64.b64decode(address.split(",", 1)[1]) for _, _, address in figures}
    text = (finished / "results/report.html").read_text()
    drawn = {path: path.read_bytes() for path in (finished / "results/figures").rglob("*.*")}
    assert {path.relative_to(finished / "results/figures").parts[0] for path in drawn} == {
        name for name, kind in FIGURES.items() if kind.of not in NOT_IN_TINY
    }
    live = [path for path in drawn if path.relative_to(finished / "results/figures").parts[0] == "dates"]
    assert [path for path in live if path.read_text() not in text] == [] and live
    assert [path for path, figure in drawn.items() if figure not in shown and path not in live] == []


@pytest.mark.parametrize("name", TABLES)
def test_its_numbers_are_those_of_the_tables(table, finished, name):
    written = pd.read_csv(finished / "results/tables" / TABLES[name], dtype={"value": str})
    shown = table(name)
    assert len(shown) == len(written) > 0
    for column in shown.columns.intersection(written.columns):
        numbers = pd.to_numeric(shown[column], errors="coerce")
        if pd.api.types.is_numeric_dtype(written[column]):
            assert numbers.equals(written[column].astype(float)) or (numbers == written[column]).all(), column
        else:
            assert shown[column].tolist() == written[column].fillna("nan").astype(str).tolist(), column
    assert len(shown.columns.intersection(written.columns)) >= 3


def test_no_column_is_the_same_in_all_rows(page):
    columns = page.execute_script(
        "return [...document.querySelectorAll('table[data-table]')].flatMap(table => {"
        "  const rows = [...table.tBodies[0].rows];"
        "  return [...table.tHead.rows[0].cells].map((head, index) => [table.dataset.table, head.dataset.column,"
        "    new Set(rows.map(row => row.cells[index].dataset.value + row.cells[index].title)).size]); })"
    )
    assert len(columns) > 20 and [column for column in columns if column[2] < 2] == []
    once = page.find_elements(By.CSS_SELECTOR, "caption [data-once]")
    assert once and all(part.get_dom_attribute("data-value") != "nan" for part in once)


def test_it_says_what_came_out_on_the_first_screen(page, finished):
    metrics = pd.read_csv(finished / "results/tables/metrics.csv").iloc[0]
    skill = pd.read_csv(finished / "results/tables/skill.csv").iloc[0]
    answer = page.find_element(By.ID, "answer").text
    accuracy, error = (show_value(number) for number in (100 * metrics["accuracy"], metrics["median_error_myr"]))
    assert re.search(rf"\b{accuracy}( ± \S+)? % of {metrics['test_images']:,} images", answer)
    assert re.search(rf"dated to {error}( ± \S+)? Myr or better", answer)
    assert f"reaches {show_value(skill['strongest_median_error_myr'])} Myr" in answer and skill["verdict"] in answer
    trusted = page.find_element(By.CLASS_NAME, "trust").text
    assert trusted.startswith("Trust it for") and "Do not trust it for\nreal galaxies" in trusted
    bottom = page.execute_script("return document.querySelector('figure img').getBoundingClientRect().bottom")
    assert 0 < bottom < 900, "the picture is to be seen without scrolling"
    claims = pd.read_csv(finished / "results/tables/claims.csv")
    assert f"Of {len(claims)} statements" in page.find_element(By.TAG_NAME, "body").text


def test_the_table_of_contents_stays_and_leads_to_each_section(page):
    links = page.find_elements(By.CSS_SELECTOR, "nav a")
    assert len(links) == len(page.find_elements(By.CSS_SELECTOR, "main > section")) > 6
    for width in (1600, 1000):
        page.set_window_size(width, 900)
        for link in (links[-1], links[0]):
            page.execute_script("arguments[0].click()", link)
            assert page.execute_script("const box = arguments[0].getBoundingClientRect(); return box.top >= 0;", link)
            top = page.execute_script(
                "return document.querySelector(arguments[0]).getBoundingClientRect().top",
                link.get_dom_attribute("href"),
            )
            assert link is links[0] or 0 <= top < 900
    page.set_window_size(1200, 900)


def test_axe_finds_nothing_amiss(page, root):
    page.execute_script((root / "tests/support/axe/axe.min.js").read_text())
    page.execute_script("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    found = page.execute_async_script("axe.run().then(arguments[0], arguments[0])")
    page.execute_script("document.querySelectorAll('details').forEach(part => { part.open = false; })")
    assert len(found["passes"]) > 20
    amiss = {rule["id"]: [node["html"][:100] for node in rule["nodes"]] for rule in found["violations"]}
    assert amiss == {}, json.dumps(amiss, indent=2)


def test_a_point_shows_its_image(page):
    words = page.find_element(By.CSS_SELECTOR, "svg .words")
    assert words.text.startswith("mass ratio"), "that of the largest error is shown first"
    point = page.find_element(By.CSS_SELECTOR, "svg .points > *")
    page.execute_script("arguments[0].dispatchEvent(new PointerEvent('pointerover', {bubbles: true}))", point)
    assert words.text.split("\n") == point.get_dom_attribute("data-words").split("|")
    assert page.find_element(By.CSS_SELECTOR, "svg image").get_dom_attribute("visibility") == "visible"


def test_words_filter_the_rows_of_a_table(page):
    field = page.find_element(By.CSS_SELECTOR, "[data-filters=claims]")
    field.send_keys("not  REPRODUCED")
    rows = page.find_elements(By.CSS_SELECTOR, "[data-table=claims] tbody tr")
    for row in rows:
        text = page.execute_script("return arguments[0].textContent.toLowerCase()", row)
        assert row.is_displayed() == ("not" in text and "reproduced" in text)
    field.clear()
    field.send_keys(" ")
    assert all(row.is_displayed() for row in rows)


def test_a_click_on_a_column_sorts_by_it(page, table):
    before = table("claims")

    def column(table, name):
        button = page.find_element(By.CSS_SELECTOR, f"[data-table={table}] [data-column={name}] button")
        page.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        return button

    header = column("claims", "verdict")
    header.click()
    assert table("claims")["verdict"].tolist() == sorted(before["verdict"])
    header.click()
    assert table("claims")["verdict"].tolist() == sorted(before["verdict"], reverse=True)
    numbers = table("scaling")["images_per_second"].astype(float)
    column("scaling", "images_per_second").click()
    assert table("scaling")["images_per_second"].astype(float).tolist() == sorted(numbers)


def test_it_fits_a_phone(page):
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    )
    for folded in ("false", "true"):
        page.execute_script(f"document.querySelectorAll('details').forEach(part => {{ part.open = {folded}; }})")
        assert page.execute_script("return document.documentElement.scrollWidth") <= 390
    claims = page.find_element(By.CSS_SELECTOR, "[data-table=claims]")
    scroll, seen = (claims.find_element(By.XPATH, "..").get_property(side) for side in ("scrollWidth", "clientWidth"))
    assert scroll <= seen, "claims are read without moving them sideways"
    cells = claims.find_elements(By.CSS_SELECTOR, "tbody tr:first-child td")
    tops = [cell.rect["y"] for cell in cells]
    assert tops == sorted(set(tops)) and len(tops) == 4, "what is said of a claim stands below each other"
    page.execute_script("document.querySelectorAll('details').forEach(part => { part.open = false; })")
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_it_fits_paper(page):
    assert base64.b64decode(page.print_page()).startswith(b"%PDF")
    hidden = page.execute_script("return [...document.querySelectorAll('details')].filter(part => !part.open).length")
    assert hidden == 0, "nothing is to be folded away on paper"
    width = round((21 - 2) / 2.54 * 96)  # of A4 less its margins, in pixels
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 1050, "deviceScaleFactor": 1, "mobile": False}
    )
    wide = page.execute_script(
        "return [...document.querySelectorAll('table, img, main > section p, .scroll > svg')]"
        ".filter(part => part.getBoundingClientRect().right > arguments[0] + 1)"
        ".map(part => part.dataset.table || part.alt || part.textContent.slice(0, 60))",
        width,
    )
    assert wide == [], "these are cut off"
    heads, buttons = page.execute_script(
        "const shown = part => [...document.querySelectorAll(part)].map(found => getComputedStyle(found).display);"
        "return [shown('thead'), shown('th button')];"
    )
    assert (set(heads), set(buttons)) == ({"table-header-group"}, {"contents"}), "heads are repeated on each page"
    assert not page.find_element(By.TAG_NAME, "nav").is_displayed()
