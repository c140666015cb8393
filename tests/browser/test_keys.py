"""Each journey by keys alone: nothing here is clicked, and what is used is reached by Tab."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import focus
from tests.browser.conftest import quiet
from tests.browser.maps import drawn
from tests.browser.test_evaluate_journey import pairs_file

ENCODING = 120_000  # milliseconds, on a busy machine


def press(page: Page, wanted: Locator, key: str = "Enter") -> None:
    """Go to a control, and press a key on it."""
    focus(page, wanted)
    page.keyboard.press(key)


def write(page: Page, field: Locator, text: str) -> None:
    """Go to a field, and put a text in the place of the one it has."""
    focus(page, field)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def pick(page: Page, label: str, option: str) -> None:
    """Pick from a list by typing a part of an option."""
    focus(page, page.get_by_role("combobox", name=label))
    page.keyboard.type(option)
    expect(page.get_by_role("option").first).to_contain_text(option)
    page.keyboard.press("Enter")


def choose(page: Page, first: str, *others: str, role: Literal["radio", "button"] = "radio") -> None:
    """Choose the last of some buttons in a row: Tab comes to the first, arrow keys go on to the others."""
    focus(page, page.get_by_role(role, name=first, exact=True))
    for name in others:
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role(role, name=name, exact=True)).to_be_focused()
    page.keyboard.press("Enter")


def go(page: Page, name: str) -> None:
    """Go to another page by its link."""
    press(page, page.get_by_role("link", name=name, exact=True))
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def upload(page: Page, path: Path) -> None:
    """Give a file to the last uploader of the page."""
    button = page.get_by_test_id("stFileUploaderDropzone").get_by_role("button").last
    with page.expect_file_chooser() as chooser:
        press(page, button)
    chooser.value.set_files(path)


def saved(page: Page, button: Locator) -> list[dict[str, str]]:
    """The lines of a CSV file that a button gives."""
    with page.expect_download() as got:
        press(page, button)
    text = Path(got.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def tick(page: Page, *lines: int) -> None:
    """Choose lines of the first table of the page, ascending, from 0."""
    focus(page, page.get_by_test_id("data-grid-canvas").first)
    at = -1
    for line in lines:
        for _ in range(line - at):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Shift+Space")
        at = line


def parameter(page: Page, name: str) -> str | None:
    return parse_qs(urlsplit(page.url).query).get(name, [None])[0]


def test_clusters_are_merged_named_and_split(visit):
    page = visit("/clusters?corpus=song-moods&clusters=4")
    expect(page.get_by_text("over resamples")).to_be_visible()
    tick(page, 1, 3)
    press(page, page.get_by_role("button", name="Merge these 2 clusters"))
    expect(page.get_by_text("3 clusters from the 4 that k-means found, by 1 merge.")).to_be_visible()
    tick(page, 0)
    write(page, page.get_by_role("textbox", name="Name"), "Quiet songs")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("^Select its"))).to_be_visible()
    press(page, page.get_by_role("button", name="Split", exact=True))
    write(page, page.get_by_label("Into how many clusters"), "3")
    page.keyboard.press("Enter")
    press(page, page.get_by_role("button", name="Split into 3"))
    expect(
        page.get_by_text("5 clusters from the 4 that k-means found, by 1 merge and 1 split.")
    ).to_be_visible()
    press(page, page.get_by_role("button", name="Undo the last step"))
    expect(page.get_by_text("by 1 merge.")).to_be_visible()
    tick(page, 0)
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Quiet songs")


def test_a_file_is_added_to_the_open_rows(visit, tmp_path):
    page = visit("/data?corpus=medicare-faq")
    more = tmp_path / "more.csv"
    more.write_text("question\nwhere do I park my boat\nwho mends my bicycle\n", encoding="utf-8")
    choose(page, "Sample", "File")
    upload(page, more)
    press(page, page.get_by_role("radio", name="Replace the open rows"), "ArrowDown")
    press(page, page.get_by_role("button", name=re.compile("^Encode [0-9]+ rows")))
    expect(page.get_by_text(re.compile("· open$"))).to_be_visible(timeout=ENCODING)
    press(page, page.get_by_role("link", name="Search these rows"))
    write(page, page.get_by_role("searchbox", name="Query"), "boats")
    page.keyboard.press("Enter")
    expect(page.locator(".explorer-hit").first).to_contain_text("where do I park my boat")


def test_a_filter_is_set_and_cleared(visit):
    page = visit("/clusters?corpus=song-moods")
    expect(page.get_by_text("over resamples")).to_be_visible()
    press(page, page.get_by_role("button", name="Filter", exact=True))
    pick(page, "Column", "mood")
    pick(page, "Values", "angry")
    page.keyboard.press("Escape")
    press(page, page.get_by_role("button", name="Show only these rows"))
    expect(page.get_by_text("216 → 18 rows")).to_be_visible()
    press(page, page.get_by_role("button", name="Clear all"))
    expect(page.get_by_text("216 → 18 rows")).to_have_count(0)


def test_rows_are_classified_one_is_an_example_and_the_categories_become_a_column(visit):
    page = visit("/classify?corpus=song-moods")
    write(page, page.get_by_role("textbox", name="Categories, one per line"), "happy")
    page.keyboard.press("Enter")
    page.keyboard.type("sad")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Most doubtful")).to_be_visible()
    choose(page, "Similarity", "Examples", role="button")
    press(page, page.get_by_role("radio", name="happy"))
    expect(page.get_by_text(re.compile(r"^1 example\. happy:\W+1$"))).to_be_visible()
    choose(page, "happy", "sad")
    expect(page.get_by_text(re.compile(r"^2 examples\. happy:\W+1 · sad:\W+1$"))).to_be_visible()
    write(page, page.get_by_role("textbox", name="Keep as a column"), "tone")
    page.keyboard.press("Enter")
    press(page, page.get_by_role("button", name="Add the column"))
    expect(page.get_by_text("Added the column “tone”.")).to_be_visible()
    go(page, "Map")
    drawn(page, 216)
    pick(page, "Colour", "tone")
    expect(page.get_by_role("group", name="Legend")).to_contain_text("happy")


def test_a_threshold_of_near_duplicates_is_chosen_another_row_is_kept_and_the_file_is_downloaded(visit):
    page = visit("/similarity?corpus=support-tickets&view=Near-duplicates")
    slider = page.get_by_role("slider", name="Similarity threshold")
    press(page, slider, "ArrowLeft")
    expect(page.get_by_text("at 0.89 or above")).to_be_visible()
    kept = page.get_by_text("is kept: the first of the group")
    expect(kept).to_be_visible()
    press(page, page.get_by_role("button", name="Keep this one").first)
    expect(page.get_by_text("is kept: your choice")).to_be_visible()
    tick(page, 1)
    expect(kept).to_be_visible()  # of the second group
    left = saved(page, page.get_by_role("button", name="Keep one of each group (CSV)"))
    assert f"{len(left):,}" == page.get_by_test_id("stMetricValue").last.inner_text()


def test_ranking_is_chosen(visit):
    page = visit("/search?corpus=song-moods")
    write(page, page.get_by_role("searchbox", name="Query"), "sad songs for a rainy evening")
    page.keyboard.press("Enter")
    expect(page.locator(".explorer-hit")).to_have_count(10)
    press(page, page.get_by_role("button", name="Ranking"))
    press(page, page.get_by_role("switch", name="Words too"), "Space")
    expect(page.get_by_text("by vectors and words")).to_be_visible()
    press(page, page.get_by_role("slider", name="Variety"), "ArrowRight")
    expect(page.get_by_text("with 10 % variety")).to_be_visible()
    quiet(page)
    page.keyboard.press("Escape")
    assert (parameter(page, "words"), parameter(page, "variety")) == ("true", "10")


@pytest.mark.slow
def test_a_comparison_has_other_options_and_another_view_and_its_report_is_downloaded(visit):
    page = visit("/compare?corpus=medicare-faq")
    expect(page.get_by_text("95 % confidence intervals")).to_be_visible(timeout=ENCODING)
    press(page, page.get_by_role("button", name="Options"))
    choose(page, "5", "10", "20")
    quiet(page)
    page.keyboard.press("Escape")
    assert parameter(page, "compare-k") == "20"
    choose(page, "Scorecard", "Agreement")
    expect(page.get_by_text("is not quality")).to_be_visible(timeout=ENCODING)
    press(page, page.get_by_role("button", name="Report (HTML)"))
    with page.expect_download() as got:
        press(page, page.get_by_role("button", name="Download (HTML)"))
    assert "k=20" in Path(got.value.path()).read_text(encoding="utf-8")


@pytest.mark.slow
def test_an_encoder_is_evaluated_on_a_file(visit, tmp_path):
    page = visit("/compare?corpus=medicare-faq&compare-shows=Evaluate")
    expect(page.get_by_text("Pairs with scores")).to_be_visible(timeout=ENCODING)
    choose(page, "Scored pairs", "Duplicates")
    expect(page.get_by_text("Pairs with labels")).to_be_visible()
    upload(page, pairs_file(tmp_path))
    expect(page.get_by_text("100 pairs from pairs.csv.")).to_be_visible()
    press(page, page.get_by_role("button", name="Evaluate", exact=True))
    expect(page.get_by_text("100 pairs, of which 97 are independent")).to_be_visible(timeout=ENCODING)
    assert saved(page, page.get_by_role("button", name="Cases (CSV)"))
