"""Filters, from the choice of a column to the rows that are left on each page."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import expect

from benchmarks.served import draw_lasso
from tests.browser.conftest import choose, fits, quiet, save_page, shoot
from tests.browser.maps import BLUE, VERMILLION, drawn, pixels, until_pixels

SONGS = "corpus=song-moods&map-method=pca"
AROUND = [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98), (0.02, 0.05)]


def open_choice(page, column):
    quiet(page)
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_role("combobox", name="Column")).to_be_visible()
    choose(page, "Column", column)
    quiet(page)


def test_a_filter_chosen_on_the_map_hides_points_and_follows_to_other_pages_and_into_the_link(visit, schemes):
    page = visit(f"/map?{SONGS}")
    drawn(page, 216)
    first = page.locator(".map-legend button[data-entry]").first
    second = page.locator(".map-legend button[data-entry]").nth(1)
    mood = first.locator(".legend-name").inner_text()
    view = page.locator(".map-view")
    before = view.get_attribute("data-view")
    sizes = []
    page.on("response", lambda answer: sizes.append((answer.url, answer.headers.get("content-length", "0"))))
    open_choice(page, "mood")
    page.get_by_role("combobox", name="Values").click()
    page.get_by_role("option", name=f"{mood} · 18").click()
    page.keyboard.press("Escape")
    quiet(page)
    page.get_by_role("button", name="Show only these rows").click()
    expect(page.get_by_text("216 → 18 rows")).to_be_visible()
    expect(page.get_by_role("combobox", name="Column")).to_have_count(0)  # the choice is closed
    expect(view).to_have_attribute("data-shown", "18")
    # One bit for each point; the places and colours that the browser has are not sent again.
    files = [int(size) for url, size in sizes if "/media/" in url]
    assert 27 in files
    assert sum(files) < 20_000
    until_pixels(page, VERMILLION, "=== 0")
    assert pixels(page, BLUE) > 50
    assert view.get_attribute("data-view") == before
    expect(first.locator(".legend-count")).to_have_text("18")
    expect(second.locator(".legend-count")).to_have_text("0")
    expect(page.locator(".rows-title")).to_have_text("18 rows")
    shoot(page, "filters-map-1440-light")
    draw_lasso(page, AROUND)
    expect(page.get_by_text(re.compile(r"Selection · \d+ rows · the map"))).to_be_visible()
    expect(view).to_have_attribute("data-selected", re.compile(r"^(1[0-8]|[1-9])$"))
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(view).to_have_attribute("data-selected", "0")

    page.get_by_role("link", name="Clusters").click()
    expect(page.get_by_role("heading", name="Clusters")).to_be_visible()
    expect(page.get_by_text("216 → 18 rows")).to_be_visible()
    page.get_by_role("link", name="Search").click()
    expect(page.get_by_role("heading", name="Search")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile(f"mood.* {mood}"))).to_be_visible()
    page.wait_for_url("**filters=mood*")
    link = urlsplit(page.url).query
    for scheme in schemes:
        for width in (1440, 390):
            other = visit(f"/search?{link}&q=the+sea&k=50", width=width, scheme=scheme)
            expect(other.get_by_text("of 18 rows").first).to_be_visible()
            assert fits(other)
            shoot(other, f"filters-search-{width}-{scheme}")
    page.get_by_role("button", name=re.compile(f"mood.* {mood}")).click()
    expect(page.get_by_text("216 → 18 rows")).to_have_count(0)
    page.get_by_role("link", name="Map").click()
    drawn(page, 216)
    expect(view).to_have_attribute("data-shown", "216")
    until_pixels(page, VERMILLION, "> 50")


def test_a_range_of_numbers_is_typed_beside_its_histogram_and_an_empty_result_is_cleared(visit):
    page = visit("/clusters?corpus=song-moods")
    open_choice(page, "year")
    expect(page.get_by_role("img", name="Histogram of 216 values from 1958 to 2026")).to_be_visible()
    page.get_by_label("From", exact=True).fill("1990")
    page.get_by_label("To", exact=True).fill("1999")
    page.get_by_role("button", name="Show only these rows").click()
    expect(page.get_by_role("button", name=re.compile("year.*1990 to 1999"))).to_be_visible()
    expect(page.get_by_text("216 → 34 rows")).to_be_visible()
    open_choice(page, "description")
    page.get_by_label("Contains").fill("no such words")
    page.keyboard.press("Escape")  # closed before it was sent, it is there again
    expect(page.get_by_label("Contains")).to_have_count(0)
    quiet(page)
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_label("Contains")).to_have_value("no such words")
    page.get_by_label("Contains").press("Enter")
    expect(page.get_by_text("No row passes the filters.")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.get_by_text("No row passes the filters.")).to_have_count(0)
    assert "filters=" not in page.url


def test_the_file_of_a_filtered_map_has_and_draws_only_the_rows_that_pass(visit, tmp_path):
    page = visit(f"/map?{SONGS}&filters=mood:in:angry")
    drawn(page, 216)
    file = save_page(page, "Interactive map (HTML)", tmp_path)
    page.goto(file.as_uri())
    view = page.locator(".map-view[data-drawn='18']")
    view.wait_for()
    draw_lasso(page, AROUND)
    expect(page.locator(".rows-title")).to_contain_text("rows selected")
    heads = page.locator(".row-head").all_inner_texts()
    assert heads
    assert all(head.endswith("· angry") for head in heads)
    page.get_by_role("button", name="Invert").click()
    expect(view).to_have_attribute("data-selected", str(18 - len(heads)))
