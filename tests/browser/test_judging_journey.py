"""Judging by keys, blind, until the judgements are used; answers outlast a reload and leave as a file."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import fits, quiet, shoot

JUDGE = "/compare?corpus=medicare-faq&compare-shows=Judge&with=&with=model%3Dbm25"
COLOUR = "(element) => getComputedStyle(element).color"


def press(page: Page, key: str, judged: int) -> None:
    page.keyboard.press(key)
    expect(page.get_by_text(f"{judged} rows judged")).to_be_visible()


@pytest.mark.slow
def test_hits_are_judged_by_keys_and_used(visit, schemes, tmp_path):
    page = visit(JUDGE)
    box = page.get_by_role("textbox", name="Queries, one per line")
    expect(box).to_be_visible(timeout=120_000)
    quiet(page)
    shoot(page, "judge-start-1440-light")
    box.fill("how do I change my address\nlost card")
    page.keyboard.type(" yns")  # letters in a text are no answers
    page.get_by_role("button", name="Start judging").click()
    expect(page.get_by_text("0 rows judged")).to_be_visible()
    quiet(page)
    item = page.locator(".st-key-judge-item")
    expect(item).not_to_contain_text("BM25")
    expect(item).not_to_contain_text("MiniLM")
    press(page, "y", 1)
    press(page, "n", 2)
    press(page, "s", 3)
    press(page, "u", 2)
    page.reload()
    expect(page.get_by_text("2 rows judged")).to_be_visible(timeout=120_000)
    quiet(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="My answers (CSV)").click()
    waiting.value.save_as(tmp_path / "answers.csv")
    done, judged = page.get_by_text("Every hit of every query is judged."), 2
    while not done.is_visible():
        judged += 1
        page.keyboard.press("y" if judged % 3 else "n")
        expect(page.get_by_text(f"{judged} rows judged").or_(done)).to_be_visible()
    expect(page.get_by_text("nDCG@10 ahead of")).to_be_visible()
    quiet(page)
    page.get_by_role("button", name="Use my judgements").click()
    expect(page.get_by_text("of 2 queries.")).to_be_visible()
    expect(page.get_by_text("The comparison uses them.")).to_be_visible()
    used = page.get_by_role("button", name="Use my judgements")
    expect(used).to_be_disabled()
    assert used.evaluate(COLOUR) != "rgb(255, 255, 255)"  # white on white could not be read
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        shoot(page, f"judge-done-1440-{scheme}")

    other = visit(JUDGE, width=390)
    expect(other.get_by_role("textbox", name="Queries, one per line")).to_be_visible(timeout=120_000)
    quiet(other)
    other.locator("[data-testid=stMain] input[type=file]").last.set_input_files(tmp_path / "answers.csv")
    other.get_by_role("button", name="Go on judging").click()
    expect(other.get_by_text("2 rows judged")).to_be_visible()
    quiet(other)
    assert fits(other)
    for scheme in schemes:
        other.emulate_media(color_scheme=scheme)
        shoot(other, f"judge-item-390-{scheme}")
