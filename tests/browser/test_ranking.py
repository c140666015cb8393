"""Ranking hits by words, a cross-encoder and variety: from the switches to the hits, the link and files."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Server, ask, fits, quiet, shoot
from tests.browser.test_looks import draw_in, violations
from tests.tiny_model import save_pair_model

MOOD = "sad songs for a rainy evening"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The app with a cross-encoder in its folder of models."""
    folder = tmp_path_factory.mktemp("ranking")
    save_pair_model(folder / "models" / "cross", ["relevance"])
    running = Server(folder)
    yield running
    running.kill()
    assert "Traceback" not in running.log, running.log


def switch(page, name):
    """Turn a switch of the open popover."""
    quiet(page)
    page.locator("label", has=page.get_by_role("switch", name=name)).click()
    quiet(page)


def hits(page):
    return page.locator(".explorer-hit")


def parameters(page):
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_hits_are_ranked_by_more_than_vectors_and_the_link_says_so(visit, app, tmp_path):
    page = visit("/search?corpus=song-moods", at=app)
    ask(page, MOOD)
    expect(hits(page)).to_have_count(10)
    plain = hits(page).all_inner_texts()
    quiet(page)
    page.get_by_role("button", name="Ranking").click()
    switch(page, "Words too")
    expect(page.get_by_text("by vectors and words")).to_be_visible()
    switch(page, "Re-rank the first hits")
    # The usual cross-encoder cannot be downloaded here: the hits by vectors stay.
    expect(page.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible()
    assert hits(page).all_inner_texts() == plain
    shoot(page, "search-rerank-failed-1440-light")
    page.get_by_role("textbox", name="Cross-encoder").fill("cross")
    page.keyboard.press("Enter")
    expect(page.get_by_text("By vectors and words, the first 50 re-ranked by cross.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Of 216 rows, found in [\d.]+ m?s, re-ranked in"))).to_be_visible()
    quiet(page)
    assert violations(page) == []
    shoot(page, "search-ranking-open-1440-light")
    slider = page.get_by_role("slider", name="Variety")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("with 30 % variety")).to_be_visible()
    quiet(page)
    page.keyboard.press("Escape")
    expect(hits(page).first).to_contain_text("by vectors")
    expect(hits(page).first).to_contain_text("cross-encoder")
    asked = parameters(page)
    assert (asked["words"], asked["rerank"], asked["rerank-model"], asked["variety"]) == (
        "true",
        "true",
        "cross",
        "30",
    )
    quiet(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Playlist (M3U)").click()
    waiting.value.save_as(tmp_path / "songs.m3u8")
    lines = (tmp_path / "songs.m3u8").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#EXTM3U"
    assert sum(line.startswith("#EXTINF:-1,") for line in lines) == 10
    again = visit(f"/search?{urlsplit(page.url).query}", at=app)
    expect(again.get_by_text("with 30 % variety")).to_be_visible(timeout=120_000)
    texts = page.locator(".explorer-hit > summary > div:last-child").all_inner_texts()
    expect(again.locator(".explorer-hit > summary > div:last-child")).to_have_text(texts)


def test_ranked_hits_fit_on_every_screen(visit, app, schemes):
    link = f"/search?corpus=song-moods&q={MOOD}&words=true&rerank=true&rerank-model=cross&variety=30"
    page = visit(link, at=app)
    expect(page.get_by_text("with 30 % variety")).to_be_visible(timeout=120_000)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        quiet(page)
        assert fits(page)
        for scheme in schemes:
            draw_in(page, scheme)
            assert violations(page) == []
            shoot(page, f"search-ranked-{width}-{scheme}")
