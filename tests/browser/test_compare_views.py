"""From the pair that agrees least to a row, its neighbours, a query and the segments where one is better."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import choose, fits, quiet, shoot

# The rows of each list, by its place.
LISTS = """() => {
    const lists = [];
    for (const { dataset } of document.querySelectorAll("[data-list]")) {
        (lists[dataset.list] ??= []).push(dataset.row);
    }
    return lists;
}"""
TICKETS = "/compare?corpus=support-tickets"


@pytest.mark.slow
def test_from_the_pair_that_agrees_least_to_where_one_is_better(visit):
    page = visit(f"{TICKETS}&compare-shows=Agreement")
    expect(page.get_by_text("Agreement is not quality")).to_be_visible(timeout=120_000)
    quiet(page)
    expect(page.locator(".heatmap-label")).to_have_count(9)
    shoot(page, "compare-agreement-1440-light")
    choose(page, "Agreement of", "Ranked neighbours (RBO)")
    expect(page.get_by_text("Webber")).to_be_visible()
    page.get_by_role("radio", name="Beyond chance").click()
    quiet(page)
    assert "compare-agreement=rbo" in page.url
    with page.expect_download() as download:
        page.get_by_role("button", name="Agreement (CSV)").click()
    lines = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig"))))
    assert len({line["measure"] for line in lines}) == 5
    assert len(lines) == 15

    # A click on the cell of the second and the third contender chooses that pair.
    page.get_by_text("Agreement is not quality").scroll_into_view_if_needed()
    plot = page.locator(".stPlotlyChart .nsewdrag").bounding_box()
    page.mouse.click(plot["x"] + plot["width"] * 5 / 6, plot["y"] + plot["height"] / 2)
    expect(page.get_by_role("combobox", name="Contenders")).to_have_value("TF-IDF and BM25")
    quiet(page)

    page.get_by_role("button", name="Show the rows where they differ").click()
    expect(page.get_by_text("Words that tell the rows of lowest agreement apart")).to_be_visible()
    quiet(page)
    expect(page.get_by_role("combobox", name="Contenders")).to_have_value("TF-IDF and BM25")
    shared = page.get_by_text("in both, ").count()
    assert shared + page.get_by_text("only here").count() == 20
    # One line for each row that both lists have.
    lines = page.locator(".explorer-joined path")
    expect(lines).to_have_count(shared // 2)
    assert page.locator("[data-list]").count() == 20
    page.get_by_text("Scores", exact=True).click()
    expect(page.get_by_text("random pairs").first).to_be_visible()
    quiet(page)
    shoot(page, "compare-rows-1440-light")
    page.get_by_role("button", name="Select the lowest fifth").click()
    page.get_by_role("link", name="Show them on the map").click()
    expect(page.get_by_text("rows of lowest agreement").first).to_be_visible()


def test_a_query_and_segments_fit_a_phone(visit):
    page = visit(f"{TICKETS}&compare-shows=One+query&compare-q=my+parcel+never+came", width=390)
    expect(page.get_by_text("are also hits of all-MiniLM-L6-v2").first).to_be_visible(timeout=120_000)
    quiet(page)
    assert page.get_by_role("heading", name="BM25").is_visible()
    assert fits(page)
    lines = page.locator(".explorer-joined path")
    expect(lines).to_have_count(0)  # lists are below each other
    shoot(page, "compare-query-390-light")
    page.get_by_role("radio", name="Segments").click()
    expect(page.get_by_text("is better on: ").first).to_be_visible()
    quiet(page)
    assert fits(page)
    shoot(page, "compare-segments-390-light")
    # Each segment has its interval and figures in the window, in two lines, and no word is broken.
    segments = page.get_by_role("listitem").filter(has_text="rows")
    assert segments.count() == 12
    for segment in segments.all():
        interval = segment.get_by_role("img").bounding_box()
        assert interval["x"] + interval["width"] < 390
        assert segment.bounding_box()["height"] < 70
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("radio", name="One query").click()
    expect(page.get_by_text("are also hits of all-MiniLM-L6-v2").first).to_be_visible()
    quiet(page)
    lists = page.evaluate(LISTS)
    joined = sum(len(set(one) & set(other)) for one, other in pairwise(lists))
    expect(lines).to_have_count(joined)
    assert joined
    row = next(row for row in lists[0] if row in lists[1])
    page.locator(f'[data-list="0"][data-row="{row}"]').hover()
    bold = "(lines) => lines.filter((line) => line.style.strokeWidth === '4').map((line) => line.dataset.row)"
    assert set(lines.evaluate_all(bold)) == {row}
    shoot(page, "compare-query-1440-light")
