"""Helpers of journeys with rows that are images."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.accessibility import small_targets, violations
from tests.browser.conftest import fits, quiet, shoot
from tests.browser.test_looks import draw_in

# Whether all images that a selector finds have arrived, and there are some.
_ARRIVED = """(selector) => {
    const walk = (root) => [...root.querySelectorAll("*")].flatMap((one) =>
        [one, ...(one.shadowRoot ? walk(one.shadowRoot) : [])]);
    const found = walk(document).filter((one) => one.matches(selector) && one.checkVisibility());
    found.forEach((image) => (image.loading = "eager"));
    return found.length > 0 && found.every((image) => image.complete && image.naturalWidth > 0);
}"""


def bring(page: Page, archive: bytes) -> None:
    """Give the Data page an archive of images, and wait for their preview."""
    page.get_by_role("radio", name="File").click()
    page.locator('[data-testid="stFileUploader"] input[type=file]').set_input_files(
        {"name": "shapes.zip", "mimeType": "application/zip", "buffer": archive}
    )
    expect(page.get_by_text(re.compile("images, from all over the rows"))).to_be_visible()


def arrived(page: Page, images: str) -> None:
    """Wait until all images of a selector are there."""
    page.wait_for_function(_ARRIVED, arg=images)


def look_at(page: Page, name: str, images: str = "") -> None:
    """Check a page, with its images if it has some, at both widths and in both schemes, and keep pictures."""
    for scheme in ("light", "dark"):
        draw_in(page, scheme)
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            quiet(page)
            if images:
                arrived(page, images)
            assert fits(page)
            assert violations(page) == []
            assert small_targets(page) == []
            shoot(page, f"{name}-{width}-{scheme}")
    page.set_viewport_size({"width": 1440, "height": 900})
    draw_in(page, "light")
    quiet(page)
