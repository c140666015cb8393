"""What an analyst does by keys alone: what is used is reached by Tab, and its ring is seen."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import focus

_MOST_BUTTONS = 20  # in a row


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


def choose(page: Page, wanted: str, role: Literal["radio", "button"] = "radio") -> None:
    """Choose one of some buttons in a row: Tab comes to one of them, arrow keys go on to the others."""
    button = page.get_by_role(role, name=wanted, exact=True)
    focus(page, button.locator("xpath=ancestor::*[@role='radiogroup' or @role='toolbar'][1]"))
    for key in ["ArrowRight"] * _MOST_BUTTONS + ["ArrowLeft"] * _MOST_BUTTONS:
        if button.evaluate("one => one.matches(':focus')"):
            page.keyboard.press("Enter")
            return
        page.keyboard.press(key)
    raise AssertionError(f"Arrow keys never go to {wanted}.")


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


def download(page: Page, button: Locator, folder: Path) -> Path:
    """The file that a button gives, by the name it is offered under."""
    with page.expect_download() as got:
        press(page, button)
    path = folder / got.value.suggested_filename
    got.value.save_as(path)
    return path


def saved(page: Page, button: Locator) -> list[dict[str, str]]:
    """The lines of a CSV file that a button gives."""
    with page.expect_download() as got:
        press(page, button)
    text = Path(got.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def tick(page: Page, *lines: int, of: Locator | None = None) -> None:
    """Choose lines of a table, ascending, from 0; without one, of the first of the page."""
    focus(page, (of or page).get_by_test_id("data-grid-canvas").first)
    at = -1
    for line in lines:
        for _ in range(line - at):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Shift+Space")
        at = line


def parameter(page: Page, name: str) -> str | None:
    return parse_qs(urlsplit(page.url).query).get(name, [None])[0]
