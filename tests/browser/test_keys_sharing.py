"""By keys alone: what was asked is recorded, rows and pages are published, work is logged to MLflow."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import focus
from tests.browser.conftest import Server, quiet
from tests.browser.keys import choose, press, saved, tick, write
from tests.browser.maps import drawn
from tests.hub_pushes import TOKEN

pytestmark = pytest.mark.slow

FAQ = "corpus=medicare-faq"


@pytest.fixture(scope="module")
def allowing(push_hub, tmp_path_factory):
    """The app of a host who allows all of it."""
    running = Server(
        tmp_path_factory.mktemp("keys-app"),
        HF_ENDPOINT=push_hub.url,
        MLFLOW_TRACKING_URI="",
        EXPLORER_ALLOW_RECORD="yes",
        EXPLORER_ALLOW_MLFLOW_LOGGING="yes",
    )
    yield running
    running.kill()
    assert "Traceback" not in running.log, running.log
    assert TOKEN not in running.log


def ask(page: Page, query: str) -> None:
    write(page, page.get_by_role("searchbox", name="Query"), query)
    page.keyboard.press("Enter")
    expect(page.locator(".explorer-hit")).to_have_count(10)


def test_what_was_asked_is_recorded_found_asked_again_downloaded_and_erased(visit, allowing):
    page = visit(f"/search?{FAQ}", at=allowing)
    dialog = page.get_by_role("dialog")
    opener = page.get_by_role("button", name=re.compile("^Record: o"))
    press(page, opener)
    press(page, page.get_by_role("switch", name="Keep a record"), "Space")
    expect(dialog.get_by_text("Nothing is recorded yet.")).to_be_visible()
    quiet(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    ask(page, "What is TRICARE?")
    press(page, opener)
    assert [line["query"] for line in saved(page, dialog.get_by_role("button", name="Download (CSV)"))] == [
        "What is TRICARE?"
    ]
    write(page, dialog.get_by_role("textbox", name="Find in the record"), "tricare")
    page.keyboard.press("Enter")
    tick(page, 0, of=dialog)
    press(page, dialog.get_by_role("button", name="Ask again"))
    expect(page.get_by_text("10 of the first 10 hits are the same")).to_be_visible()
    press(page, opener)
    press(page, dialog.get_by_role("button", name="Erase all"))
    press(page, page.get_by_role("button", name=re.compile(r"^Erase \d answers?$")))
    expect(dialog.get_by_role("button", name="Download (CSV)")).to_be_hidden()
    press(page, dialog.get_by_role("button", name="Close"))
    expect(page.get_by_role("button", name="Record: off")).to_be_visible()


def publishing(page: Page, opener: str, button: str) -> Locator:
    """Open the dialog of a button that is behind another one, and enter a token."""
    press(page, page.get_by_role("button", name=opener, exact=True))
    press(page, page.get_by_role("button", name=button))
    dialog = page.get_by_role("dialog")
    write(page, dialog.get_by_role("textbox", name="Hugging Face token that can write"), TOKEN)
    page.keyboard.press("Enter")
    return dialog


def publish(page: Page, dialog: Locator, button: str, what: str) -> None:
    """Choose a licence, make it public and private again, and publish."""
    focus(page, dialog.get_by_role("combobox", name=f"Licence of the {what}"))
    page.keyboard.type("cc0-1.0")
    expect(page.get_by_role("option").first).to_contain_text("cc0-1.0")
    page.keyboard.press("Enter")
    private = dialog.get_by_role("switch", name="Private")
    press(page, private, "Space")
    expect(dialog.get_by_text("Public:")).to_be_visible()
    press(page, private, "Space")
    press(page, dialog.get_by_role("button", name=button))
    expect(dialog.get_by_text(re.compile("is on the Hub, as a private"))).to_be_visible()
    quiet(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_rows_are_published(visit, allowing, push_hub):
    page = visit(f"/search?{FAQ}", at=allowing)
    publish(page, publishing(page, "Share", "Publish to the Hub"), "Publish 13 rows", "rows")
    assert push_hub.pushed["me/medicare-faq"].private


def test_the_selected_rows_of_a_map_are_published_as_a_page(visit, allowing, push_hub):
    page = visit(f"/map?{FAQ}&map-method=pca", at=allowing)
    view = drawn(page, 13)
    focus(page, page.locator(".map-overlay"))
    for _ in range(3):
        page.keyboard.press("+")
    page.keyboard.press("a")
    expect(view).to_have_attribute("data-selected", re.compile("^[1-9]"))
    dialog = publishing(page, "Interactive map (HTML)", "Publish as a Space")
    choose(page, f"The {view.get_attribute('data-selected')} selected")
    publish(page, dialog, "Publish the page", "page")
    assert push_hub.spaces["me/medicare-faq-map"].private


def test_a_comparison_is_logged(visit, allowing):
    page = visit(f"/compare?{FAQ}", at=allowing)
    press(page, page.get_by_role("button", name="Log to MLflow"))
    write(page, page.get_by_role("textbox", name="Name in MLflow"), "which model")
    press(page, page.get_by_role("button", name="Log it"))
    expect(page.get_by_text("Logged as")).to_be_visible(timeout=120_000)
