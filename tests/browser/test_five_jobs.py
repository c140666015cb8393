"""What analysts come for, in as few clicks as they can expect. Choosing a file and typing are not clicks."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import open_rows, quiet
from tests.browser.test_journeys import csv_of, upload


class Clicks:
    """Clicks that are counted."""

    def __init__(self) -> None:
        self.count = 0

    def on(self, what: Locator) -> None:
        """Click something and count it."""
        what.click()
        self.count += 1


@pytest.fixture
def clicks() -> Clicks:
    return Clicks()


def go(page: Page, clicks: Clicks, name: str) -> None:
    """Go to a page by the navigation."""
    clicks.on(page.get_by_role("link", name=name, exact=True).first)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def saved(page: Page, clicks: Clicks, button: Locator) -> list[dict[str, str]]:
    """The rows of a CSV file that a button gives."""
    with page.expect_download() as got:
        clicks.on(button)
    return rows_of(Path(got.value.path()))


def test_the_themes_of_a_new_file_are_named_after_three_clicks(visit, clicks):
    page = visit("/")
    clicks.on(page.get_by_role("button", name="Open a file"))
    animals = [
        f"My {animal} sleeps on the {place}" for animal in ("cat", "dog") for place in ["sofa", "bed", "mat"]
    ]
    bills = [f"The invoice {number} was {what}" for number in range(3) for what in ("paid", "refunded")]
    upload(page, "new.csv", csv_of([*animals, *bills]))
    clicks.on(page.get_by_role("button", name="Encode 12 rows"))
    clicks.on(page.get_by_role("link", name="See the overview"))
    expect(page.get_by_role("heading", name="Themes")).to_be_visible()
    themes = page.locator(".st-key-themes").get_by_role("button")
    expect(themes.first).to_be_visible()
    assert "invoice" in " ".join(themes.all_inner_texts())
    expect(page.get_by_text("12 rows, ")).to_be_visible()
    assert clicks.count == 3


def test_everything_about_a_subject_is_found_and_exported_after_three_clicks(visit, clicks):
    page = visit("/")
    go(page, clicks, "Search")
    page.get_by_role("searchbox", name="Query").fill("my parcel never came")
    page.get_by_role("searchbox", name="Query").press("Enter")
    expect(page.locator(".explorer-hit")).to_have_count(10)
    quiet(page)
    clicks.on(page.get_by_label("Hits", exact=True))
    page.get_by_label("Hits", exact=True).fill("40")
    page.get_by_label("Hits", exact=True).press("Enter")
    expect(page.locator(".explorer-hit")).to_have_count(40)
    quiet(page)
    rows = saved(page, clicks, page.get_by_role("button", name="Download the hits (CSV)"))
    assert len(rows) == 40
    assert clicks.count == 3


def test_duplicates_are_cleaned_after_two_clicks_and_one_for_the_file(visit, clicks):
    page = visit("/")
    clicks.on(page.get_by_role("link", name="Compare and remove them"))
    expect(page.get_by_text("near-duplicates =")).to_be_visible()
    quiet(page)
    clicks.on(page.get_by_role("button", name="Use 0."))
    expect(page.get_by_text("= 587 kept")).to_be_visible()
    quiet(page)
    rows = saved(page, clicks, page.get_by_role("button", name="Keep one of each group (CSV)"))
    assert len(rows) == 587
    assert clicks.count == 3


def test_whether_clusters_are_real_is_said_after_one_click(visit, clicks):
    page = visit("/")
    go(page, clicks, "Clusters")
    expect(page.get_by_text("over resamples").first).to_be_visible()
    assert clicks.count == 1


def test_a_finding_is_shared_after_one_click(visit, clicks):
    page = visit("/search?corpus=medicare-faq&q=replacement+card")
    expect(page.locator(".explorer-hit")).to_have_count(10)
    quiet(page)
    clicks.on(page.get_by_role("button", name="Share"))
    expect(page.get_by_text("Anyone who can open this app")).to_be_visible()
    link = page.locator("[data-testid=stPopoverBody] code").inner_text()
    assert clicks.count == 1
    other = visit(link.removeprefix(page.url.partition("/search")[0]))
    expect(open_rows(other)).to_have_value("medicare-faq · 13 rows")
    expect(other.locator(".explorer-hit").first).to_contain_text("replacement Medicare card")
