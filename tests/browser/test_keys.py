"""Each journey by keys alone: nothing here is clicked, and what is used is reached by Tab."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import focus
from tests.browser.conftest import open_rows, quiet
from tests.browser.keys import choose, download, go, parameter, pick, press, saved, tick, upload, write
from tests.browser.maps import drawn
from tests.browser.test_evaluate_journey import pairs_file

ENCODING = 120_000  # milliseconds, on a busy machine


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
    choose(page, "File")
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
    choose(page, "Examples", role="button")
    press(page, page.get_by_role("radio", name="happy"))
    expect(page.get_by_text(re.compile(r"^1 example\. happy:\W+1$"))).to_be_visible()
    choose(page, "sad")
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
    press(page, page.get_by_role("button", name="Use 0.81"))
    expect(page.get_by_text("= 587 kept")).to_be_visible()


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
    choose(page, "20")
    quiet(page)
    page.keyboard.press("Escape")
    assert parameter(page, "compare-k") == "20"
    choose(page, "Agreement")
    expect(page.get_by_text("is not quality")).to_be_visible(timeout=ENCODING)
    press(page, page.get_by_role("button", name="Report (HTML)"))
    with page.expect_download() as got:
        press(page, page.get_by_role("button", name="Download (HTML)"))
    assert "k=20" in Path(got.value.path()).read_text(encoding="utf-8")


@pytest.mark.slow
def test_an_encoder_is_evaluated_on_a_file(visit, tmp_path):
    page = visit("/compare?corpus=medicare-faq&compare-shows=Evaluate")
    expect(page.get_by_text("Pairs with scores")).to_be_visible(timeout=ENCODING)
    choose(page, "Duplicates")
    expect(page.get_by_text("Pairs with labels")).to_be_visible()
    upload(page, pairs_file(tmp_path))
    expect(page.get_by_text("100 pairs from pairs.csv.")).to_be_visible()
    press(page, page.get_by_role("button", name="Evaluate", exact=True))
    expect(page.get_by_text("100 pairs, of which 97 are independent")).to_be_visible(timeout=ENCODING)
    assert saved(page, page.get_by_role("button", name="Cases (CSV)"))


@pytest.mark.slow
def test_a_hit_is_opened_picked_and_shown_and_rows_like_it_are_found(visit):
    page = visit("/search?q=my+parcel+never+came")
    hits = page.locator(".explorer-hit")
    expect(hits).to_have_count(10)
    press(page, hits.first.locator("summary"))
    expect(hits.first.get_by_text("random pairs")).to_be_visible()
    press(page, page.get_by_role("checkbox", name=re.compile("Pick row")).first, "Space")
    press(page, page.get_by_role("button", name="Select the 1 picked"))
    press(page, page.get_by_role("button", name="Undo"))
    expect(page.get_by_text("Selection · ")).to_have_count(0)
    press(page, page.get_by_role("button", name="More like this").first)
    expect(page.get_by_text("Rows similar to row")).to_be_visible()
    press(page, page.get_by_role("button", name="Back to the query"))
    write(page, page.get_by_label("Hits", exact=True), "12")
    page.keyboard.press("Enter")
    expect(hits).to_have_count(12)
    assert len(saved(page, page.get_by_role("button", name="Download the hits (CSV)"))) == 12
    press(page, page.get_by_role("button", name="Show on the map"))
    expect(page.get_by_label("Find on the map")).to_have_value("my parcel never came")


@pytest.mark.slow
def test_the_link_of_a_search_is_copied_and_opened(visit):
    page = visit("/search?corpus=medicare-faq&q=replacement+card")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press(page, page.get_by_role("button", name="Share", exact=True))
    focus(page, page.get_by_test_id("stCode"))  # while it has the focus, its button is seen
    press(page, page.get_by_role("button", name="Copy to clipboard"))
    link = page.evaluate("navigator.clipboard.readText()")
    other = visit(link.removeprefix(page.url.partition("/search")[0]))
    expect(open_rows(other)).to_have_value("medicare-faq · 13 rows")
    expect(other.locator(".explorer-hit").first).to_contain_text("replacement Medicare card")


@pytest.mark.slow
def test_clusters_are_numbered_anew_compared_with_labels_and_one_is_shown_on_the_map(visit):
    page = visit("/clusters?corpus=song-moods")
    write(page, page.get_by_label("Number of clusters (k)"), "5")
    page.keyboard.press("Enter")
    expect(page.get_by_text("over resamples")).to_be_visible()
    press(page, page.get_by_role("button", name="Labels and clusters"))
    expect(page.get_by_text("V-measure", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("V-measure", exact=True)).to_have_count(0)
    tick(page, 4)
    press(page, page.get_by_role("button", name=re.compile("Select its")))
    expect(page.get_by_text(re.compile(r"Selection · \d+ rows · cluster"))).to_be_visible()
    press(page, page.get_by_role("button", name="Show on the map").first)
    drawn(page, 216)


@pytest.mark.slow
def test_rows_of_a_range_are_shown(visit):
    page = visit("/clusters?corpus=song-moods")
    expect(page.get_by_text("over resamples")).to_be_visible()
    press(page, page.get_by_role("button", name="Filter", exact=True))
    pick(page, "Column", "year")
    write(page, page.get_by_label("From", exact=True), "1990")
    write(page, page.get_by_label("To", exact=True), "1999")
    press(page, page.get_by_role("button", name="Show only these rows"))
    press(page, page.get_by_role("button", name=re.compile("year.*1990 to 1999")))
    expect(page.get_by_text("216 → 34 rows")).to_have_count(0)


@pytest.mark.slow
def test_rows_in_view_are_selected_on_the_map_compared_and_shown_alone(visit):
    page = visit("/map?corpus=song-moods&map-method=pca")
    view, over = drawn(page, 216), page.locator(".map-overlay")
    focus(page, over)
    for _ in range(5):
        page.keyboard.press("+")
    page.keyboard.press("a")
    expect(view).to_have_attribute("data-selected", re.compile("^[1-9]"))
    quiet(page)
    first = int(view.get_attribute("data-selected"))
    focus(page, over)
    for _ in range(5):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+A")
    expect(view).not_to_have_attribute("data-selected", str(first))
    quiet(page)
    both = int(view.get_attribute("data-selected"))
    assert first < both < 216
    press(page, page.get_by_role("button", name="Compare with the rest"))
    expect(page.get_by_role("dialog")).to_contain_text(f"Selected: {both} rows")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    press(page, page.get_by_role("button", name="Map these alone"))
    drawn(page, both)
    press(page, page.get_by_role("button", name="Show all rows"))
    drawn(page, 216)
    focus(page, over)
    page.keyboard.press("Escape")
    expect(view).to_have_attribute("data-selected", "0")


@pytest.mark.slow
def test_a_map_is_made_otherwise_turned_into_another_and_taken_away(visit, tmp_path):
    page = visit("/map?corpus=medicare-faq&colour=none")
    view = drawn(page, 13)
    press(page, page.get_by_role("button", name="How the map is made"))
    write(page, page.get_by_role("spinbutton", name="Seed"), "3")
    page.keyboard.press("Enter")
    quiet(page)
    pick(page, "Method", "PCA")
    quiet(page)
    page.keyboard.press("Escape")
    drawn(page, 13)
    assert (parameter(page, "map-seed"), parameter(page, "map-method")) == ("3", "pca")
    pick(page, "Morph to", "UMAP")
    press(page, page.get_by_role("button", name="Play", exact=True))
    expect(view).to_have_attribute("data-at", "1")
    press(page, page.get_by_role("slider", name="From one map to the next"), "Home")
    expect(view).to_have_attribute("data-at", "0")
    write(page, page.get_by_label("Find on the map"), "lost card")
    page.keyboard.press("Enter")
    expect(page.get_by_text("They are ringed on the map", exact=False)).to_be_visible()
    press(page, page.get_by_role("region", name="Rows beside the map").get_by_role("button").first)
    expect(view).to_have_attribute("data-selected", "1")
    assert download(page, page.get_by_role("button", name="PNG", exact=True), tmp_path).stat().st_size
    press(page, page.locator("summary").filter(has_text="Open elsewhere"))
    choose(page, "TensorBoard Projector")
    save = page.get_by_role("button", name="Save for TensorBoard Projector")
    assert download(page, save, tmp_path).suffix == ".zip"
    press(page, page.get_by_role("button", name="Interactive map (HTML)"))
    press(page, page.get_by_role("switch", name="With texts"), "Space")
    expect(page.get_by_text("No texts of rows.")).to_be_visible()
    written = download(page, page.get_by_role("button", name="Download (HTML)", exact=True), tmp_path)
    assert "replacement Medicare card" not in written.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_group_is_hidden_shown_and_selected_in_the_legend(visit):
    page = visit("/map?corpus=song-moods&map-method=pca")
    drawn(page, 216)
    entry = page.locator(".map-legend button[data-entry]").first
    press(page, entry)
    expect(entry).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Space")
    expect(entry).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Tab")
    expect(page.locator(".map-legend").get_by_role("button", name="Select").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("Selection · 18 rows"))).to_be_visible()


@pytest.mark.slow
def test_a_category_has_a_threshold_a_weight_and_the_rows_of_a_cell(visit):
    page = visit("/classify?corpus=song-moods&ways=Similarity&ways=Examples")
    expect(page.get_by_text("95 % intervals")).to_be_visible(timeout=ENCODING)
    slider = page.get_by_role("slider", name="None of these below")
    press(page, slider, "PageUp")
    page.keyboard.press("PageUp")
    quiet(page)
    assert parameter(page, "none-below") == "0.2"
    matrix = page.get_by_role("region", name="Rows by label (down) and category (across)")
    focus(page, matrix.get_by_test_id("data-grid-canvas"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name=re.compile(r"^\d+ rows? of .* in "))).to_be_visible()
    press(page, page.get_by_role("button", name="Take 5 of each label"))
    press(page, page.get_by_role("button", name="Weights"))
    press(page, page.get_by_role("slider", name="Similarity"), "Home")
    quiet(page)
    assert parameter(page, "weight-similarity") == "0"
    page.keyboard.press("Escape")
