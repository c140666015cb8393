"""A space is saved as a file, and a new visitor opens it and finds the same rows."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ask, fits, open_rows, quiet, shoot

FAQ = "?corpus=medicare-faq&precision=float32"
FIRST_HIT = "How can I get help with my Medicare Part A and Part B premiums?"
QUERY = "How can Medicare help me?"


def scores(page: Page) -> list[str]:
    """The scores of the hits, once the first one is there."""
    ask(page, QUERY)
    expect(page.get_by_text(FIRST_HIT).first).to_be_visible()
    quiet(page)
    return re.findall(r"0\.\d{3}", page.locator('[data-testid="stMain"]').inner_text())


def go(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()


@pytest.mark.slow
def test_a_saved_space_is_opened_by_a_new_visitor_and_finds_the_same_rows(visit, tmp_path, schemes):
    page = visit(f"/search{FAQ}")
    before = scores(page)
    page = visit(f"/data{FAQ}")
    quiet(page)
    page.get_by_role("button", name="Save this space").click()
    expect(page.get_by_role("radio", name="Parquet")).to_be_visible()
    quiet(page)
    shoot(page, "space-save-1440-light")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save as Parquet").click()
    path = tmp_path / waiting.value.suggested_filename
    assert path.name == "medicare-faq-space.parquet"
    waiting.value.save_as(path)

    for scheme in schemes:
        for width in (1440, 390):
            other = visit("/data", width=width, scheme=scheme)
            quiet(other)
            other.get_by_role("radio", name="File").click()
            other.locator('[data-testid="stFileUploader"] input[type=file]').set_input_files(path)
            expect(other.get_by_text("all-MiniLM-L6-v2, 384 dimensions")).to_be_visible()
            quiet(other)
            assert fits(other)
            shoot(other, f"space-chosen-{width}-{scheme}")
            other.get_by_role("button", name="Use 13 rows").click()
            expect(other.get_by_text("0 texts encoded")).to_be_visible()
            quiet(other)
            assert fits(other)
            shoot(other, f"space-open-{width}-{scheme}")
            if width == 390:
                other.get_by_role("button", name="Save this space").click()
                expect(other.get_by_role("radio", name="safetensors")).to_be_visible()
                quiet(other)
                assert fits(other)
                shoot(other, f"space-save-{width}-{scheme}")
                continue
            expect(open_rows(other)).to_have_value("medicare-faq · 13 rows")
            go(other, "Search these rows")
            assert scores(other) == before
