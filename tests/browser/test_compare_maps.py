"""From a lasso on one of several maps to the rows that change their cluster."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from benchmarks.served import draw_lasso
from tests.browser.conftest import A_POINT, fits, quiet, shoot

TICKETS = "/compare?corpus=support-tickets"
# How many rows are highlighted in each panel, by the name of its axis.
HIGHLIT = """() => {
    const figure = document.querySelector(".stPlotlyChart .js-plotly-plot");
    const counts = {};
    for (const trace of figure?._fullData ?? []) {
        const { xaxis, selectedpoints } = trace;
        if (selectedpoints) counts[xaxis] = (counts[xaxis] ?? 0) + selectedpoints.length;
    }
    return counts;
}"""
# The middle of each panel that has points, in pixels of the window, from the left and from the top.
PANELS = """() => [...document.querySelectorAll(".stPlotlyChart .nsewdrag")].map((panel) => {
    const box = panel.getBoundingClientRect();
    return [box.x, box.y, box.width, box.height];
})"""


def ready(page: Page) -> None:
    expect(page.get_by_text("Draw around points of any map")).to_be_visible(timeout=120_000)
    quiet(page)
    page.wait_for_function("document.querySelectorAll('.stPlotlyChart .nsewdrag').length >= 2")


def point_at_a_row(page: Page) -> tuple[float, float]:
    """Move the mouse to a point of the first panel, once that rings it in both; return where it is."""
    x, y = page.evaluate(A_POINT)
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    expect(page.locator(".explorer-rings > div")).to_have_count(2)
    return x, y


@pytest.mark.slow
def test_from_a_lasso_seen_on_all_maps_to_the_flow_of_a_cluster(visit):
    page = visit(f"{TICKETS}&compare-shows=Maps")
    ready(page)
    shoot(page, "compare-maps-tickets-1440-light")
    page.get_by_text("Draw around points of any map").scroll_into_view_if_needed()

    # Pointing at a row rings it on both maps.
    point_at_a_row(page)
    expect(page.locator(".hoverlayer")).to_contain_text("row ")
    page.mouse.move(5, 5)
    expect(page.locator(".explorer-rings > div")).to_have_count(0)

    # A lasso in the first panel selects its rows on both.
    draw_lasso(page, [(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7), (0.3, 0.35)], ".nsewdrag")
    line = page.get_by_text(re.compile(r"Selection · \d+ rows · maps side by side"))
    expect(line).to_be_visible()
    told = line.inner_text()
    page.wait_for_function(f"() => Object.keys(({HIGHLIT})()).length === 2")
    counts = page.evaluate(HIGHLIT)
    assert counts["x"] == counts["x2"] == int(re.search(r"· (\d+) rows", told)[1])
    quiet(page)
    assert line.inner_text() == told
    shoot(page, "compare-maps-lasso-1440-light")

    # A click on a point opens the row and its nearest rows in both contenders.
    page.get_by_role("button", name="Clear", exact=True).click()
    ready(page)
    page.wait_for_function(f"() => Object.keys(({HIGHLIT})()).length === 0")
    assert page.locator(".select-outline").count() == 0
    page.get_by_text("Draw around points of any map").scroll_into_view_if_needed()
    page.mouse.click(*point_at_a_row(page))
    expect(page.get_by_text(re.compile(r"Row \d+ and its nearest rows"))).to_be_visible()
    quiet(page)
    expect(page.get_by_text("in 1 of 2").or_(page.get_by_text("in 2 of 2"))).to_have_count(10)
    shared = page.get_by_text("in 2 of 2").count()
    expect(page.locator(".explorer-joined path")).to_have_count(shared // 2)
    shoot(page, "compare-maps-row-1440-light")

    # A flow between clusters shows its rows, which become the selection.
    page.get_by_role("radio", name="Clusters").click()
    expect(page.get_by_text("Rows of this flow")).to_be_visible(timeout=120_000)
    quiet(page)
    grid = page.locator('[data-testid="stDataFrame"]').first
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    first = page.get_by_role("button", name=re.compile("Select these")).inner_text()
    page.mouse.click(box["x"] + 16, box["y"] + 35 * 2 + 17)  # the tick box of the second flow
    expect(page.get_by_role("button", name=re.compile("Select these"))).not_to_have_text(first)
    quiet(page)
    shoot(page, "compare-clusters-flow-1440-light")
    page.get_by_role("button", name=re.compile("Select these")).click()
    expect(page.get_by_text(re.compile(r"Selection · \d+ rows · flow"))).to_be_visible()


@pytest.mark.slow
def test_maps_are_below_each_other_on_a_narrow_window(visit):
    page = visit("/compare?corpus=song-moods&compare-shows=Maps&compare-map-method=pca", width=390)
    ready(page)
    page.wait_for_function(f"() => new Set(({PANELS})().map(([x]) => Math.round(x))).size === 1")
    boxes = page.evaluate(PANELS)
    assert len({round(top) for _, top, _, _ in boxes}) == len(boxes) == 2
    assert fits(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.wait_for_function(f"() => new Set(({PANELS})().map(([x]) => Math.round(x))).size === 2")
