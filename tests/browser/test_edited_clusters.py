"""From clusters as they were found to those that a person made of them: table, map and link."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import choose, fits, go_back, quiet, shoot
from tests.browser.maps import drawn

LINK = "/clusters?corpus=song-moods&clusters=4"


def tick(page: Page, *places: int) -> None:
    """Click the left edge of rows of the table of clusters, once it stands still."""
    for place in places:
        quiet(page)
        table = page.locator('[data-testid="stDataFrame"]').first
        table.scroll_into_view_if_needed()
        grid = table.bounding_box()
        page.mouse.click(grid["x"] + 16, grid["y"] + 35 + 17 + 35 * place)


def edits(page: Page) -> str | None:
    """The steps in the link, without the digest of the clusters that they are about."""
    linked = parse_qs(urlsplit(page.url).query).get("cluster-edits", [None])[0]
    return linked and linked.partition(";of:")[0]


def sizes(page: Page) -> list[int]:
    """The number of rows of each group in the legend of the map."""
    drawn(page, 216)
    legend = page.get_by_role("group", name="Legend").inner_text()
    return [int(number) for number in re.findall(r"^(\d+)$", legend, re.MULTILINE)]


def sizes_on_the_map(page: Page) -> list[int]:
    """The same, on the way from the Clusters page to the map and back."""
    page.get_by_role("link", name="Map", exact=True).click()
    drawn(page, 216)
    if page.get_by_role("combobox", name="Colour").input_value() != "Cluster":
        choose(page, "Colour", "Cluster")
    expect(page.get_by_role("group", name="Legend")).to_contain_text("1. ")
    found = sizes(page)
    page.get_by_role("link", name="Clusters", exact=True).click()
    expect(page.get_by_text("over resamples")).to_be_visible()
    return found


@pytest.mark.slow
def test_two_clusters_are_merged_one_is_split_the_map_follows_and_it_is_undone(visit, schemes):
    page = visit(LINK)
    expect(page.get_by_text("over resamples")).to_be_visible()
    assert edits(page) is None
    tick(page, 1, 3)
    merge = page.get_by_role("button", name="Merge these 2 clusters")
    expect(merge).to_be_visible()
    quiet(page)
    shoot(page, "clusters-several-1440-light")
    merge.click()
    expect(page.get_by_text("3 clusters from the 4 that k-means found, by 1 merge.")).to_be_visible()
    expect(merge).to_have_count(0)
    assert edits(page) == "merge:2,4"

    tick(page, 0)
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()
    quiet(page)
    page.get_by_role("button", name="Split", exact=True).click()
    number = page.get_by_label("Into how many clusters")
    number.fill("3")
    number.press("Enter")
    page.get_by_role("button", name="Split into 3").click()
    both = "5 clusters from the 4 that k-means found, by 1 merge and 1 split."
    expect(page.get_by_text(both)).to_be_visible()
    quiet(page)
    assert edits(page) == "merge:2,4;split:1:3"

    link = page.url.removeprefix(urlsplit(page.url)._replace(path="", query="").geturl())
    for scheme in schemes:
        for width in (390, 1440):
            other = visit(link, width=width, scheme=scheme)
            expect(other.get_by_text(both)).to_be_visible()
            expect(other.get_by_text("over resamples")).to_be_visible()
            tick(other, 0)
            expect(other.get_by_text("By hand: from “")).to_be_visible()
            assert fits(other)
            shoot(other, f"clusters-edited-{width}-{scheme}")

    on_map = sizes_on_the_map(page)
    assert len(on_map) == 5
    assert sum(on_map) == 216
    assert sizes_on_the_map(other) == on_map  # of another visitor, who has the link
    expect(page.get_by_text(both)).to_be_visible()
    assert edits(page) == "merge:2,4;split:1:3"
    page.get_by_role("button", name="Undo the last step").click()
    expect(page.get_by_text("by 1 merge.")).to_be_visible()
    quiet(page)
    assert edits(page) == "merge:2,4"
    assert len(sizes_on_the_map(page)) == 3
    page.get_by_role("button", name="Back to the 4 found").click()
    expect(page.get_by_text("Edited by hand")).to_have_count(0)
    quiet(page)
    assert edits(page) is None
    assert len(sizes_on_the_map(page)) == 4


def test_a_link_without_edits_shows_clusters_as_found_also_where_some_were_merged(visit):
    page = visit(f"{LINK}&cluster-edits=merge:1-2")
    expect(page.get_by_text("3 clusters from the 4 that k-means found")).to_be_visible()
    page.reload()
    expect(page.get_by_text("3 clusters from the 4 that k-means found")).to_be_visible()
    page.goto(page.url.split("/clusters")[0] + LINK)
    expect(page.get_by_text("over resamples")).to_be_visible()
    quiet(page)
    expect(page.get_by_text("Edited by hand")).to_have_count(0)
    assert edits(page) is None


@pytest.mark.parametrize("way", ["reload", "back"])
def test_k_and_edits_are_found_again_after_a_reload_elsewhere_and_by_the_way_back(visit, way):
    page = visit(LINK)
    expect(page.get_by_text("over resamples")).to_be_visible()
    tick(page, 1, 3)
    page.get_by_role("button", name="Merge these 2 clusters").click()
    expect(page.get_by_text("3 clusters from the 4 that k-means found")).to_be_visible()
    quiet(page)
    page.get_by_role("link", name="Map", exact=True).click()
    drawn(page, 216)
    if way == "reload":
        page.reload()
        drawn(page, 216)
        page.get_by_role("link", name="Clusters", exact=True).click()
    else:
        go_back(page)
    expect(page.get_by_text("3 clusters from the 4 that k-means found")).to_be_visible()
    quiet(page)
    expect(page.get_by_label("Number of clusters (k)")).to_have_value("4")
    assert parse_qs(urlsplit(page.url).query)["clusters"] == ["4"]
    assert edits(page) == "merge:2,4"
    number = page.get_by_label("Number of clusters (k)")
    for k in ("12", "5"):  # it can be changed as before, to the usual number too
        number.fill(k)
        number.press("Enter")
        quiet(page)
        expect(number).to_have_value(k)
        expect(page.get_by_text("Edited by hand")).to_have_count(0)
