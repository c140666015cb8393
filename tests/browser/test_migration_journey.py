"""Queries from a file: the most disputed is opened; with judgements, the queries that a swap makes worse."""

from __future__ import annotations

import html
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import choose, fits, quiet, shoot

COMPARE = "/compare?corpus=medicare-faq"
QUERIES = "lost card\nhow much is it a month\n<b>penalty</b> $late$\nI am a soldier\n"
JUDGED = (
    "query,row,grade\nlost card,1,1\nhow much is it a month,2,1\nlate penalty,7,1\nsoldier,12,1\n"
    "end my insurance,3,1\nwho gets it,8,2\nparts,10,1\n"
)


def give(page: Page, name: str, content: str, use: str) -> None:
    """Upload a file of queries or judgements, and use what it holds."""
    uploader = page.get_by_test_id("stFileUploaderDropzoneInput").last
    uploader.set_input_files({"name": name, "mimeType": "text/plain", "buffer": content.encode()})
    page.get_by_role("button", name=use).click()
    quiet(page)


def tick(page: Page, line: int) -> None:
    """Tick a line of the first table, from 0."""
    grid = page.get_by_test_id("stDataFrame").first
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    page.mouse.click(box["x"] + 18, box["y"] + 52 + 35 * line)
    quiet(page)


@pytest.mark.slow
def test_from_a_disputed_query_to_what_a_swap_makes_worse(visit, tmp_path, schemes):
    page = visit(f"{COMPARE}&compare-shows=One+query")
    expect(page.get_by_text("Queries from a file")).to_be_visible(timeout=120_000)
    quiet(page)
    page.get_by_text("Queries from a file").click()
    give(page, "queries.txt", QUERIES, "Use these queries")
    expect(page.get_by_text("4 queries, the most disputed first")).to_be_visible()
    shoot(page, "disputed-queries-1440-light")
    page.set_viewport_size({"width": 390, "height": 900})
    quiet(page)
    assert fits(page)
    shoot(page, "disputed-queries-390-light")
    page.set_viewport_size({"width": 1440, "height": 900})
    quiet(page)
    tick(page, 0)
    query = page.get_by_role("searchbox", name="Query").input_value()
    assert query in QUERIES.splitlines()
    expect(page.get_by_text("are also hits of all-MiniLM-L6-v2").first).to_be_visible()

    page.get_by_role("radio", name="Judge").click()
    expect(page.get_by_text("Judgements as files")).to_be_visible()
    quiet(page)
    give(page, "judged.csv", JUDGED, "Use these judgements")
    page.get_by_role("radio", name="Migration").click()
    choose(page, "From", "TF-IDF")
    choose(page, "To", "all-MiniLM-L6-v2")
    expect(page.get_by_text("nDCG@10 changes by")).to_be_visible()
    quiet(page)
    assert "compare-from=TF-IDF" in page.url
    tick(page, 1)
    expect(page.get_by_text("hits are in both lists")).to_be_visible()
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        quiet(page)
        shoot(page, f"migration-queries-1440-{scheme}")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Migration report (HTML)").click()
    waiting.value.save_as(tmp_path / "migration.html")
    report = html.unescape(Path(tmp_path / "migration.html").read_text(encoding="utf-8"))
    assert "From TF-IDF to all-MiniLM-L6-v2" in report
    assert "<script" not in report
    written = page.context.new_page()  # the report on a phone
    written.set_content(report)
    written.set_viewport_size({"width": 390, "height": 900})
    assert written.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    written.close()
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 900})
    quiet(page)
    assert fits(page)
    shoot(page, "migration-queries-390-light")
