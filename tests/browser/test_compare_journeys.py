"""Comparing encoders: from the first sight of the page to a variant, a link and a file."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import fits, quiet, shoot

TICKETS = "/compare?corpus=support-tickets"
COMPARING = 300_000  # milliseconds, on a busy machine


def chips(page: Page) -> list[str]:
    names = page.locator(".st-key-contenders [data-testid=stButton]").all_inner_texts()
    return [name.replace("close", "").strip() for name in names]


@pytest.mark.slow
def test_a_model_is_compared_with_words_and_its_int8_vectors_with_itself(visit):
    page = visit(TICKETS)
    verdict = page.get_by_test_id("stHtml").filter(has_text="on these rows")
    expect(verdict).to_contain_text("all-MiniLM-L6-v2 fits the labels better", timeout=COMPARING)
    quiet(page)
    assert chips(page) == ["all-MiniLM-L6-v2", "TF-IDF", "BM25"]
    shoot(page, "compare-tickets-1440-light")

    page.get_by_role("button", name="Add a contender").click()
    page.get_by_role("button", name="int8").click()
    expect(
        page.locator(".st-key-contenders").get_by_role("button", name="all-MiniLM-L6-v2 · int8").first
    ).to_be_visible()
    page.keyboard.press("Escape")
    expect(verdict).to_contain_text("Cannot tell", timeout=COMPARING)
    expect(verdict).to_contain_text("all-MiniLM-L6-v2 · int8")
    quiet(page)
    assert "stored_as%3Dint8" in page.url
    shoot(page, "compare-tie-1440-light")

    page.get_by_role("radio", name="Checks").click()
    expect(page.get_by_text("Checks for faults")).to_be_visible()
    quiet(page)
    shoot(page, "compare-checks-1440-light")

    _, path, parameters = page.url.partition("/compare")
    other = visit(path + parameters, width=390)
    expect(other.get_by_text("Checks for faults")).to_be_visible(timeout=COMPARING)
    quiet(other)
    assert chips(other) == ["all-MiniLM-L6-v2", "TF-IDF", "BM25", "all-MiniLM-L6-v2 · int8"]
    assert fits(other)


def test_the_scorecard_is_downloaded(visit):
    page = visit("/compare?corpus=medicare-faq&with=&with=model%3Dbm25")
    expect(page.get_by_role("button", name="Scorecard (CSV)")).to_be_visible(timeout=COMPARING)
    quiet(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Scorecard (CSV)").click()
    lines = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig"))))
    assert {line["contender"] for line in lines} == {"all-MiniLM-L6-v2", "BM25"}
    assert {"measure", "value", "low", "high", "n", "rank"} <= set(lines[0])
