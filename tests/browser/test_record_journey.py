"""The record of answers: turned on, browsed, asked again, searched by meaning, downloaded, erased."""

from __future__ import annotations

import csv
import json
import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.conftest import Server, ask, fits, open_rows, quiet, settled, shoot
from tests.browser.test_looks import draw_in

pytestmark = pytest.mark.slow

ODD = "=1+1 <script>alert(1)</script> **card**"


@pytest.fixture(scope="module")
def allowing(tmp_path_factory):
    """The app of a host who allows records."""
    running = Server(tmp_path_factory.mktemp("record-app"), EXPLORER_ALLOW_RECORD="yes")
    yield running
    running.kill()
    assert "Traceback" not in running.log, running.log


def dialog(page: Page):
    return page.get_by_role("dialog")


def open_record(page: Page) -> None:
    quiet(page)
    page.get_by_role("button", name=re.compile("^Record: o")).click()
    expect(dialog(page).get_by_text("Who can see it")).to_be_visible()
    quiet(page)


def close_record(page: Page) -> None:
    quiet(page)
    # Escape, where a table has the focus, takes the choice of a line away first.
    dialog(page).get_by_role("button", name="Close").click()
    expect(dialog(page)).to_be_hidden()


def turn_on(page: Page) -> None:
    open_record(page)
    page.locator("label", has=page.get_by_role("switch", name="Keep a record")).click()
    expect(dialog(page).get_by_text("Nothing is recorded yet.")).to_be_visible()
    close_record(page)
    expect(page.get_by_role("button", name="Record: on")).to_be_visible()


def asked(page: Page, query: str) -> None:
    """Ask, and wait for the hits."""
    ask(page, query)
    expect(page.locator(".explorer-hit")).to_have_count(10)
    quiet(page)


def choose_line(page: Page, line: int) -> None:
    """Choose a line of the table, whose boxes are drawn on a canvas."""
    table = dialog(page).get_by_test_id("stDataFrame").first
    expect(table).to_be_visible()
    quiet(page)
    table.click(position={"x": 12, "y": 36 + 35 * line + 17})
    quiet(page)


def download(page: Page, name: str, path):
    with page.expect_download() as waiting:
        dialog(page).get_by_role("button", name=name, exact=True).click()
    waiting.value.save_as(path)
    return path.read_text(encoding="utf-8-sig")


def everything_in(folder) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_what_was_asked_is_kept_found_downloaded_and_erased(visit, allowing, tmp_path):
    page = visit("/search?corpus=medicare-faq", at=allowing)
    asked(page, "asked before it was turned on")
    assert page.context.cookies() == [one for one in page.context.cookies() if "record" not in one["name"]]
    turn_on(page)
    asked(page, "What is TRICARE?")
    asked(page, ODD)

    # The browser has the cookie: a new tab and a restarted server find the record again.
    (cookie,) = [one for one in page.context.cookies() if "record" in one["name"]]
    assert (cookie["sameSite"], cookie["value"][-3:]) == ("Strict", ".on")
    assert cookie["value"][:64] not in page.content() + page.url
    assert cookie["value"][:64].encode() not in everything_in(allowing.cache)
    page.reload()
    settled(page)
    open_record(page)
    assert not violations(page)
    dialog(page).get_by_test_id("stDataFrame").first.hover()
    buttons = dialog(page).get_by_test_id("stElementToolbarButton").get_by_role("button")
    expect(buttons.filter(visible=True).first).to_be_visible()
    # Streamlit's own CSV has formulas as they are.
    assert not [one for one in buttons.all() if "CSV" in one.get_attribute("aria-label")]
    (lines,) = [list(csv.DictReader(download(page, "Download (CSV)", tmp_path / "record.csv").splitlines()))]
    assert [line["query"] for line in lines[-2:]] == [f"'{ODD}", "What is TRICARE?"]
    last = json.loads(download(page, "JSON Lines", tmp_path / "record.jsonl").splitlines()[-1])
    assert (last["query"], len(last["hits"])) == ("What is TRICARE?", 10)

    page.get_by_role("textbox", name="Find in the record").fill("tricare")
    page.keyboard.press("Enter")
    quiet(page)
    choose_line(page, 0)
    expect(dialog(page).get_by_text("by vectors, cosine")).to_be_visible()
    page.get_by_role("button", name="Ask again").click()
    expect(dialog(page)).to_be_hidden()
    expect(page.get_by_text("10 of the first 10 hits are the same")).to_be_visible()
    assert "q=What+is+TRICARE" in page.url or "q=What%20is%20TRICARE" in page.url

    open_record(page)
    page.locator("label", has=page.get_by_role("switch", name="By meaning")).click()
    quiet(page)
    page.get_by_role("textbox", name="Find in the record").fill("health care for soldiers")
    page.keyboard.press("Enter")
    quiet(page)
    choose_line(page, 0)
    expect(dialog(page).locator("[data-testid=stHtml]", has_text="What is TRICARE?")).to_be_visible()
    page.get_by_role("button", name="Erase this answer").click()
    expect(page.get_by_role("button", name="Erase this answer")).to_be_hidden()
    quiet(page)
    page.get_by_role("button", name="Erase all").click()
    page.get_by_role("button", name=re.compile(r"^Erase \d answers?$")).click()
    expect(dialog(page).get_by_role("button", name="Download (CSV)")).to_be_hidden()
    # Behind the dialog, which stays.
    expect(page.locator(".st-key-record-button button", has_text="Record: off").first).to_be_visible()
    expect(dialog(page)).to_be_visible()
    quiet(page)
    assert list((allowing.cache / "records").iterdir()) == []
    assert not [one for one in page.context.cookies() if "record" in one["name"]]
    close_record(page)
    expect(page.get_by_role("button", name="Record: off")).to_be_visible()
    assert b"alert(1)" not in everything_in(allowing.cache)


def test_another_browser_sees_nothing_and_a_restart_loses_nothing(visit, allowing):
    page = visit("/search?corpus=medicare-faq", at=allowing)
    turn_on(page)
    (cookie,) = [one for one in page.context.cookies() if "record" in one["name"]]
    page.context.add_cookies([{**cookie, "expires": time.time() + 3_600}])
    page.reload()
    asked(page, "a private question")  # its cookie is kept for as long again
    (renewed,) = [one for one in page.context.cookies() if "record" in one["name"]]
    assert renewed["value"] == cookie["value"]
    assert renewed["expires"] >= cookie["expires"]
    other = visit("/search?corpus=medicare-faq", at=allowing)
    expect(other.get_by_role("button", name="Record: off")).to_be_visible()
    turn_on(other)  # and is told that nothing is recorded yet
    context = page.context
    page.close()
    other.close()
    allowing.kill()
    allowing.start()  # at another port, whose cookies are the same
    again = context.new_page()
    again.goto(f"{allowing.url}/search?corpus=medicare-faq")
    settled(again)
    expect(again.get_by_role("button", name="Record: on")).to_be_visible()
    open_record(again)
    again.get_by_role("button", name="Open as rows").click()
    expect(dialog(again)).to_be_hidden()
    expect(open_rows(again)).to_have_value("record · 1 row")
    quiet(again)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_record_fits_narrow_and_wide(visit, allowing, schemes, width):
    page = visit("/search?corpus=medicare-faq", at=allowing, width=width)
    turn_on(page)
    asked(page, "What is TRICARE?")
    asked(page, ODD)
    for scheme in schemes:
        draw_in(page, scheme)
        open_record(page)
        choose_line(page, 1)
        expect(page.get_by_role("button", name="Ask again")).to_be_visible()
        assert fits(page)
        assert not violations(page)
        shoot(page, f"record-{width}-{scheme}")
        close_record(page)
    draw_in(page, "light")
    open_record(page)
    choose_line(page, 1)
    page.get_by_role("button", name="Ask again").click()
    expect(page.get_by_text("Then and now.")).to_be_visible()
    page.get_by_text("Both lists").click()
    quiet(page)
    assert fits(page)
    assert not violations(page)
    shoot(page, f"record-then-and-now-{width}-light")
