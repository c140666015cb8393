"""A map and an evaluation as pages that open offline, and a page published as a static Space."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from benchmarks.served import draw_lasso
from tests.browser.accessibility import violations
from tests.browser.conftest import fits, quiet, save_page, shoot
from tests.browser.maps import BLUE, PIXELS, drawn, pixels
from tests.browser.publishing import choose_licence, dialog_behind, enter, look_at_public
from tests.hub_pushes import TOKEN

MAP = "/map?corpus=song-moods&map-method=PCA&colour=One+colour"
MIDDLE = [(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7), (0.3, 0.35)]
NAME = "me/song-moods-map"
COMMIT = f"/api/spaces/{NAME}/commit/main"
WIDER = "() => document.documentElement.scrollWidth - window.innerWidth"
NO_WEBGL = """() => {
    const before = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
        return kind === "webgl2" ? null : before.call(this, kind, ...more);
    };
}"""


def selected(page: Page) -> int:
    """Draw around the middle of the map; how many rows that selects."""
    drawn(page, 216)
    draw_lasso(page, MIDDLE, ".map-overlay")
    view = page.locator(".map-view:not([data-selected='0'])")
    view.wait_for()
    quiet(page)
    return int(view.get_attribute("data-selected"))


def looked_at_and_saved(page: Page, label: str, shot: str, folder: Path) -> Path:
    """Look at what is offered behind a label, which is open, then download it."""
    quiet(page)
    shoot(page, shot)
    assert violations(page) == []
    page.keyboard.press("Escape")
    quiet(page)
    return save_page(page, label, folder)


@pytest.mark.slow
def test_the_selected_rows_are_a_map_that_opens_offline(visit, reader, schemes, tmp_path):
    page = visit(MAP)
    count = selected(page)
    page.get_by_role("button", name="Interactive map (HTML)").click()
    page.get_by_text(f"The {count:,} selected").click()
    expect(page.get_by_text(f"{count:,} rows, and nothing about others.")).to_be_visible()
    file = looked_at_and_saved(page, "Interactive map (HTML)", "page-map-1440-light", tmp_path)
    for scheme in schemes:
        for width in (1440, 390):
            alone = reader(file, width, scheme)
            view = alone.locator(f".map-view[data-drawn='{count}']")
            view.wait_for()
            expect(alone.get_by_role("heading", level=1)).to_have_text(f"song-moods · {count} rows")
            assert pixels(alone, BLUE) > 20
            _, x, y = alone.evaluate(PIXELS, ["map-points", BLUE])
            alone.mouse.move(x, y)
            expect(alone.get_by_role("tooltip")).to_contain_text(re.compile(r"row \d+.*\w{3}"))
            alone.get_by_text("About this map").click()
            expect(alone.get_by_text(f"{count} of 216")).to_be_visible()
            expect(alone.get_by_text("Trustworthiness")).to_be_visible()
            assert alone.evaluate(WIDER) <= 0
            assert violations(alone) == []
            shoot(alone, f"page-alone-{width}-{scheme}")
    alone.get_by_role("img", name="Map of the rows").focus()
    alone.mouse.move(2, 2)
    expect(alone.get_by_role("tooltip")).to_be_hidden()
    alone.keyboard.press("ArrowRight")
    expect(alone.get_by_role("tooltip")).to_be_visible()
    alone.keyboard.press("Enter")
    expect(view).to_have_attribute("data-selected", "1")


@pytest.mark.slow
def test_a_page_without_texts_has_none_and_says_what_a_browser_lacks(visit, reader, tmp_path):
    page = visit("/map?corpus=song-moods&map-method=PCA")
    drawn(page, 216)
    page.get_by_role("button", name="Interactive map (HTML)").click()
    page.get_by_text("With texts", exact=True).click()
    expect(page.get_by_text("No texts of rows.")).to_be_visible()
    quiet(page)
    page.keyboard.press("Escape")
    quiet(page)
    file = save_page(page, "Interactive map (HTML)", tmp_path)
    texts = page.locator(".row-text").all_inner_texts()
    written = file.read_text(encoding="utf-8")
    assert texts
    assert not [text for text in texts if text.rstrip("…") in written]
    alone = reader(file, 1440, "light", NO_WEBGL)
    alone.locator(".map-view[data-drawn='216']").wait_for()
    expect(alone.get_by_role("status")).to_contain_text("This browser has no WebGL2")
    _, x, y = alone.evaluate(PIXELS, ["map-points", BLUE])
    alone.mouse.move(x, y)
    expect(alone.get_by_role("tooltip")).to_have_text(re.compile(r"row \d+ · \w+"))


@pytest.mark.slow
def test_an_evaluation_is_a_page_that_opens_offline(visit, reader, schemes, tmp_path):
    page = visit("/compare?corpus=song-moods&compare-shows=Evaluate&evaluate-kind=labels")
    page.get_by_role("button", name="Evaluate", exact=True).click(timeout=120_000)
    expect(page.get_by_text("Worst cases first")).to_be_visible(timeout=120_000)
    quiet(page)
    page.get_by_role("button", name="Evaluation report (HTML)").click()
    expect(page.get_by_text("the Python lines that repeat it. The worst cases")).to_be_visible()
    file = looked_at_and_saved(
        page, "Evaluation report (HTML)", "page-evaluation-offered-1440-light", tmp_path
    )
    for scheme in schemes:
        for width in (1440, 390):
            alone = reader(file, width, scheme)
            expect(alone.get_by_role("heading", level=1)).to_contain_text("evaluated on labels")
            expect(alone.get_by_text("explorer.evaluate_labels(")).to_be_visible()
            expect(alone.get_by_role("rowheader", name="k-NN accuracy")).to_be_visible()
            assert alone.evaluate(WIDER) <= 0
            assert violations(alone) == []
            shoot(alone, f"page-evaluation-{width}-{scheme}")


@pytest.mark.slow
def test_a_map_is_published_as_a_space(visit, publishing, push_hub, reader, schemes):
    page = visit(MAP, at=publishing)
    count = selected(page)
    dialog = dialog_behind(page, "Interactive map (HTML)", "Publish as a Space")
    enter(page, dialog, "Hugging Face token that can write", TOKEN)
    publish = dialog.get_by_role("button", name="Publish the page")
    expect(publish).to_be_disabled()
    expect(dialog.get_by_role("textbox", name="Space", exact=True)).to_have_value(NAME)
    choose_licence(page, dialog, "page", "cc0-1.0")
    dialog.get_by_text(f"The {count:,} selected").click()
    expect(dialog.get_by_text(f"{count:,} rows, and nothing about others.")).to_be_visible()
    look_at_public(page, dialog, publish, "page-publish-1440-light")
    assert not push_hub.spaces
    push_hub.refused[COMMIT] = (403, "no")
    publish.click()
    expect(dialog.get_by_text("may not write to this Space")).to_be_visible()
    push_hub.refused.clear()
    dialog.get_by_role("button", name="Try again").click()
    expect(publish).to_be_enabled()
    quiet(page)
    publish.click()
    expect(dialog.get_by_text(f"{NAME} is on the Hub, as a private Space.")).to_be_visible()
    quiet(page)
    shoot(page, "page-published-1440-light")
    index = push_hub.newest_page(NAME) / "index.html"
    assert TOKEN not in index.read_text(encoding="utf-8")
    alone = reader(index, 1440, "light")
    alone.locator(f".map-view[data-drawn='{count}']").wait_for()


@pytest.mark.slow
def test_the_dialog_fits_a_narrow_screen(visit, publishing, schemes):
    for scheme in schemes:
        page = visit(MAP, at=publishing, width=390, scheme=scheme)
        drawn(page, 216)
        dialog = dialog_behind(page, "Interactive map (HTML)", "Publish as a Space")
        enter(page, dialog, "Hugging Face token that can write", TOKEN)
        expect(dialog.get_by_role("button", name="Publish the page")).to_be_visible()
        quiet(page)
        assert fits(page)
        assert violations(page) == []
        shoot(page, f"page-publish-390-{scheme}")
