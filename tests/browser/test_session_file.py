"""A morning's work leaves as one file, and opens in another browser on another server with all of it."""

from __future__ import annotations

import csv
import re

import pytest
from playwright.sync_api import Page, expect

import explorer
from explorer.encode.spec import LocalModel, Tfidf
from tests.browser.conftest import Server, choose, fits, open_rows, quiet, shoot
from tests.browser.maps import drawn
from tests.conftest import ROOT

ROWS, NAME = 60, "Money back"
SAMPLE = ROOT / "explorer" / "data" / "samples" / "support-tickets.csv"


def go(page: Page, name: str) -> None:
    quiet(page)
    page.get_by_role("link", name=name, exact=True).first.click()


def bring(page: Page, path) -> None:
    quiet(page)
    page.get_by_role("radio", name="File").click()
    page.locator('[data-testid="stFileUploader"] input[type=file]').set_input_files(path)


def opened(page: Page, popover: str) -> None:
    quiet(page)
    page.get_by_role("button", name=popover, exact=True).first.click()


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "tickets.csv"
    with (
        SAMPLE.open(encoding="utf-8", newline="") as whole,
        path.open("w", encoding="utf-8", newline="") as part,
    ):
        lines = list(csv.DictReader(whole))[::10][:ROWS]
        writer = csv.DictWriter(part, ["body", "queue"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(lines)
    return path


@pytest.fixture
def elsewhere(tmp_path):
    """Another server, which has encoded nothing and knows no browser."""
    running = Server(tmp_path / "elsewhere")
    yield running
    running.kill()
    assert "Traceback" not in running.log, running.log


def work(page: Page, path) -> None:
    bring(page, path)
    page.get_by_role("button", name=f"Encode {ROWS} rows").click()
    expect(page.get_by_role("button", name="Save the session")).to_be_visible()
    go(page, "Map")
    drawn(page, ROWS)
    choose(page, "Colour", "Cluster")
    opened(page, "How the map is made")
    seed = page.get_by_role("spinbutton", name="Seed")
    seed.fill("3")
    seed.press("Enter")
    quiet(page)
    page.keyboard.press("Escape")
    go(page, "Clusters")
    expect(page.get_by_text("over resamples")).to_be_visible()
    quiet(page)
    table = page.locator('[data-testid="stDataFrame"]').first
    table.scroll_into_view_if_needed()
    grid = table.bounding_box()
    page.mouse.click(grid["x"] + 16, grid["y"] + 35 + 17)
    name = page.get_by_role("textbox", name="Name")
    expect(name).to_be_visible()
    quiet(page)
    name.fill(NAME)
    name.press("Enter")
    quiet(page)
    page.get_by_role("button", name="Select its").click()
    expect(page.locator(".st-key-selection-line")).to_contain_text(NAME)
    go(page, "Compare")
    quiet(page)
    choose_view(page, "Judge")
    box = page.get_by_role("textbox", name="Queries, one per line")
    expect(box).to_be_visible(timeout=120_000)
    quiet(page)
    box.fill("refund")
    page.get_by_role("button", name="Start judging").click()
    expect(page.get_by_text("0 rows judged")).to_be_visible()
    quiet(page)
    page.keyboard.press("y")
    expect(page.get_by_text("1 rows judged")).to_be_visible()


def choose_view(page: Page, view: str) -> None:
    page.get_by_role("radio", name=view, exact=True).click()


@pytest.mark.slow
def test_everything_that_was_done_is_there_again_on_another_machine(
    visit, elsewhere, mine, tmp_path, schemes
):
    page = visit("/data")
    work(page, mine)
    selection = page.locator(".st-key-selection-line").inner_text()
    go(page, "Data")
    expect(page.get_by_role("button", name="Save the session")).to_be_visible()
    opened(page, "Save the session")
    save = page.locator(".st-key-save-session-data").get_by_role("button")
    expect(save).to_be_visible()
    quiet(page)
    shoot(page, "session-save-1440-light")
    with page.expect_download() as waiting:
        save.click()
    path = tmp_path / waiting.value.suggested_filename
    assert path.name == "tickets.explorer"
    waiting.value.save_as(path)

    for width in (1440, 390):
        for scheme in schemes:
            other = visit("/data", at=elsewhere, width=width, scheme=scheme)
            bring(other, path)
            expect(other.get_by_text("A saved session")).to_be_visible()
            held = other.get_by_role("listitem")
            expect(held.filter(has_text=f"tickets.csv, {ROWS} rows")).to_be_visible()
            expect(held.filter(has_text=re.compile("Names of clusters:.*1"))).to_be_visible()
            quiet(other)
            assert fits(other)
            shoot(other, f"session-chosen-{width}-{scheme}")
            other.get_by_role("button", name="Open this session").click()
            expect(open_rows(other)).to_have_value(f"tickets.csv · {ROWS} rows")
            expect(other.get_by_role("button", name="Save the session")).to_be_visible()
            assert other.locator(".st-key-selection-line").inner_text() == selection
            quiet(other)
            assert fits(other)
            shoot(other, f"session-open-{width}-{scheme}")
    other = visit("/data", at=elsewhere)
    bring(other, path)
    other.get_by_role("button", name="Open this session").click()
    expect(other.get_by_role("button", name="Save the session")).to_be_visible()
    go(other, "Map")
    drawn(other, ROWS)
    expect(other.get_by_role("combobox", name="Colour")).to_have_value("Cluster")
    expect(other.get_by_role("group", name="Legend")).to_contain_text(NAME)
    opened(other, "How the map is made")
    expect(other.get_by_role("spinbutton", name="Seed")).to_have_value("3")
    other.keyboard.press("Escape")
    assert "map-seed=3" in other.url
    shoot(other, "session-map-1440-light")
    go(other, "Compare")
    expect(other.get_by_text("1 rows judged")).to_be_visible(timeout=120_000)
    quiet(other)
    shoot(other, "session-compare-1440-light")


def test_the_controls_of_the_page_follow_a_session_that_is_opened(visit, tmp_path):
    session = explorer.SavedSession(explorer.open_corpus("song-moods"), (LocalModel(), Tfidf()), 1)
    session.save(tmp_path / "words.explorer")
    page = visit("/data?corpus=medicare-faq")
    expect(page.get_by_role("button", name="Save the session")).to_be_visible()
    bring(page, tmp_path / "words.explorer")
    page.get_by_role("button", name="Open this session").click()
    expect(open_rows(page)).to_have_value("song-moods · 216 rows")
    expect(page.get_by_role("button", name="Save the session")).to_be_visible()
    expect(page.get_by_role("radio", name="TF-IDF")).to_be_checked()
    expect(page.get_by_role("button", name=re.compile(r"^Encode \d"))).to_have_count(0)
