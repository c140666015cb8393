"""What the journeys that publish on the Hub share."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import quiet, shoot


def dialog_behind(page: Page, opener: str, label: str) -> Locator:
    """Open the dialog of a button that is behind another one."""
    page.get_by_role("button", name=opener, exact=True).click()
    button = page.get_by_role("button", name=label)
    expect(button).to_be_visible()
    quiet(page)
    button.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def enter(page: Page, within: Locator, label: str, text: str) -> None:
    box = within.get_by_role("textbox", name=label, exact=True)
    expect(box).to_be_visible()
    quiet(page)
    box.fill(text)
    box.press("Enter")


def choose_licence(page: Page, dialog: Locator, what: str, code: str) -> None:
    quiet(page)
    dialog.get_by_role("combobox", name=f"Licence of the {what}").fill(code)
    page.get_by_role("option", name=re.compile(f"^{re.escape(code)} ")).click()


def look_at_public(page: Page, dialog: Locator, publish: Locator, shot: str) -> None:
    """Make it public, which has to be confirmed, and private again."""
    expect(publish).to_be_enabled()
    dialog.get_by_text("Private", exact=True).click()
    expect(dialog.get_by_text("Public:")).to_be_visible()
    expect(publish).to_be_disabled()  # until it is confirmed
    quiet(page)
    shoot(page, shot)
    dialog.get_by_text("Private", exact=True).click()
    expect(publish).to_be_enabled()
    quiet(page)
