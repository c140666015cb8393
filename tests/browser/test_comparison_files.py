"""A comparison leaves the page as a report, which opens without a network, and as a file that comes back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import fits, quiet, save_page, shoot
from tests.browser.test_looks import violations

COMPARE = "/compare?corpus=medicare-faq"
WIDER = "() => document.documentElement.scrollWidth - window.innerWidth"


def download(page: Page, label: str, folder):
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label, exact=True).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


@pytest.mark.slow
def test_a_report_opens_without_a_network_and_can_be_read_on_any_screen(visit, reader, tmp_path):
    page = visit(COMPARE)
    quiet(page)
    path = save_page(page, "Report (HTML)", tmp_path)
    assert path.name == "medicare-faq-comparison.html"
    for scheme in ("light", "dark"):
        for width in (1440, 390):
            report = reader(path, width, scheme)
            expect(report.get_by_role("heading", level=1)).to_contain_text(
                "contenders compared on “medicare-faq”"
            )
            assert report.evaluate(WIDER) <= 0
            assert violations(report) == []
    report = reader(path, 1440, "dark")
    report.emulate_media(media="print", color_scheme="dark")
    assert report.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert report.pdf()[:4] == b"%PDF"


@pytest.mark.slow
def test_a_saved_comparison_comes_back_with_its_contenders(visit, tmp_path):
    page = visit(COMPARE)
    quiet(page)
    page.get_by_role("button", name="TF-IDF").first.click()
    expect(page.get_by_role("button", name="TF-IDF")).to_have_count(0)
    quiet(page)
    path = download(page, "Comparison", tmp_path)
    verdict = page.get_by_text(re.compile("on these rows|which contender is better")).first.inner_text()
    other = visit(COMPARE)
    quiet(other)
    expect(other.get_by_role("button", name="TF-IDF")).to_be_visible()
    other.get_by_role("button", name="Open a saved comparison").click()
    other.locator("input[type=file]").set_input_files(path)
    expect(other.get_by_role("button", name="TF-IDF")).to_have_count(0)
    quiet(other)
    expect(other.get_by_text(verdict).first).to_be_visible()
    assert fits(other)
    shoot(other, "comparison-opened")
