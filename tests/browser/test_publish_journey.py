"""A space is published on a Hub of this machine, and a new visitor opens it by its name."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ask, fits, open_rows, quiet, shoot
from tests.browser.publishing import choose_licence, dialog_behind, enter, look_at_public
from tests.browser.test_saved_space import FAQ, QUERY, go, scores
from tests.hub_pushes import TOKEN

NAME = "me/medicare-faq"
COMMIT = f"/api/datasets/{NAME}/commit/main"


@pytest.mark.slow
def test_a_space_is_published_and_opened_by_its_name(visit, publishing, push_hub, schemes):
    page = visit(f"/search{FAQ}", at=publishing)
    before = scores(page)
    dialog = dialog_behind(page, "Share", "Publish to the Hub")
    quiet(page)
    shoot(page, "publish-token-1440-light")
    enter(page, dialog, "Hugging Face token that can write", TOKEN)
    expect(dialog.get_by_role("textbox", name="Dataset", exact=True)).to_have_value(NAME)
    publish = dialog.get_by_role("button", name="Publish 13 rows")
    expect(publish).to_be_disabled()
    choose_licence(page, dialog, "rows", "cc0-1.0")
    look_at_public(page, dialog, publish, "publish-public-1440-light")
    assert not push_hub.pushed
    push_hub.silent.add(COMMIT)
    publish.click()
    expect(dialog.get_by_text("Saving the new version")).to_be_visible()
    shoot(page, "publishing-1440-light")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog.get_by_text(f"Publishing {NAME} was stopped.")).to_be_visible()
    push_hub.silent.clear()
    dialog.get_by_role("button", name="Start again").click()
    expect(publish).to_be_enabled()
    quiet(page)
    publish.click()
    expect(dialog.get_by_text(f"{NAME} is on the Hub, as a private dataset.")).to_be_visible()
    expect(dialog.get_by_role("link", name="Open it on the Hub")).to_have_attribute(
        "href", f"{push_hub.url}/datasets/{NAME}"
    )
    quiet(page)
    shoot(page, "published-1440-light")
    assert push_hub.pushed[NAME].private
    assert TOKEN not in page.url
    dialog.get_by_role("button", name="Close", exact=True).last.click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    other = visit(f"/data?dataset={NAME}", at=publishing)
    other.get_by_role("radio", name="Hub").click()
    find(other)
    expect(other.get_by_text("The Hub has nothing with that name, or it is private.")).to_be_visible()
    enter(other, other.locator("[data-testid=stMain]"), "Hugging Face token", TOKEN)
    expect(other.get_by_role("button", name="Open the space")).to_be_visible()
    quiet(other)
    shoot(other, "published-found-1440-light")
    other.get_by_role("button", name="Open the space").click()
    expect(other.get_by_text("all-MiniLM-L6-v2, 384 dimensions")).to_be_visible()
    quiet(other)
    assert fits(other)
    other.get_by_role("button", name="Use 13 rows").click()
    expect(other.get_by_text("0 texts encoded")).to_be_visible()
    quiet(other)
    expect(open_rows(other)).to_have_value("medicare-faq · 13 rows")
    go(other, "Search these rows")
    assert scores(other) == before


def find(page: Page) -> None:
    name = page.get_by_label("Name", exact=True)
    expect(name).to_be_visible()
    quiet(page)
    name.fill(NAME)
    name.press("Enter")


def test_the_dialog_takes_the_place_of_share_and_opens_again_once_dismissed(visit, publishing):
    page = visit(f"/search{FAQ}", at=publishing)
    for _ in range(2):
        dialog = dialog_behind(page, "Share", "Publish to the Hub")
        expect(dialog.get_by_role("textbox", name="Hugging Face token that can write")).to_be_visible()
        expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
        quiet(page)
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        quiet(page)


@pytest.mark.slow
def test_the_dialog_fits_its_width(visit, publishing, schemes):
    for scheme in schemes:
        for width in (1440, 390):
            page = visit(f"/search{FAQ}", at=publishing, width=width, scheme=scheme)
            ask(page, QUERY)
            dialog = dialog_behind(page, "Share", "Publish to the Hub")
            enter(page, dialog, "Hugging Face token that can write", TOKEN)
            choose_licence(page, dialog, "rows", "mit")
            expect(dialog.get_by_role("button", name="Publish 13 rows")).to_be_enabled()
            quiet(page)
            assert fits(page)
            shoot(page, f"publish-{width}-{scheme}")
