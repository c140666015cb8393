"""Comparing by keys alone: contenders, maps, clusters, queries, judgements, a change of model, files."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import focus
from tests.browser.conftest import quiet
from tests.browser.keys import choose, download, parameter, pick, press, saved, tick, upload, write
from tests.browser.maps import drawn
from tests.browser.test_evaluate_journey import pairs_file
from tests.browser.test_migration_journey import JUDGED, QUERIES

pytestmark = pytest.mark.slow

FAQ = "/compare?corpus=medicare-faq"
SONGS = "/compare?corpus=song-moods&compare-map-method=pca&compare-colour=none"
COMPARING = 120_000  # milliseconds, on a busy machine


def opened(visit, path: str, sign: str) -> Page:
    page = visit(path)
    expect(page.get_by_text(sign).first).to_be_visible(timeout=COMPARING)
    return page


def test_a_pair_is_chosen_its_differing_rows_are_selected_and_shown_on_the_map(visit):
    page = opened(visit, f"{FAQ}&compare-shows=Agreement", "is not quality")
    pick(page, "Agreement of", "Ranked neighbours")
    expect(page.get_by_text("Webber")).to_be_visible()
    pick(page, "Contenders", "TF-IDF and BM25")
    assert len(saved(page, page.get_by_role("button", name="Agreement (CSV)"))) == 15
    press(page, page.get_by_role("button", name="Show the rows where they differ"))
    press(page, page.get_by_role("button", name="Select the lowest fifth"))
    press(page, page.get_by_role("link", name="Show them on the map"))
    expect(page.get_by_text("rows of lowest agreement").first).to_be_visible()


def test_rows_of_a_map_are_selected_on_all_and_a_map_turns_into_the_next(visit):
    page = visit(f"{SONGS}&compare-shows=Maps")
    view = drawn(page, 216)
    focus(page, page.locator(".map-overlay").last)
    for _ in range(3):
        page.keyboard.press("+")
    page.keyboard.press("a")
    expect(page.get_by_text(re.compile(r"Selection · \d+ rows · compared maps"))).to_be_visible()
    expect(view).to_have_attribute("data-selected", re.compile("^[1-9]"))
    pick(page, "Layout", "Morph")
    drawn(page, 216)
    slider = page.get_by_role("slider", name="From one map to the next")
    press(page, slider, "End")
    expect(view).to_have_attribute("data-at", "1")


def test_the_rows_of_a_flow_between_clusters_are_selected(visit):
    page = opened(visit, f"{SONGS}&compare-shows=Clusters", "Rows of this flow")
    button = page.get_by_role("button", name=re.compile("Select these"))
    first = button.inner_text()
    tick(page, 1)
    expect(button).not_to_have_text(first)
    press(page, button)
    expect(page.get_by_text(re.compile(r"Selection · \d+ rows? · flow"))).to_be_visible()


def test_queries_are_typed_judged_and_used(visit, tmp_path):
    page = opened(visit, f"{FAQ}&compare-shows=Judge&with=&with=model%3Dbm25", "Judgements as files")
    write(page, page.get_by_role("textbox", name="Queries, one per line"), "lost card")
    press(page, page.get_by_role("button", name="Start judging"))
    expect(page.get_by_text("0 rows judged")).to_be_visible()
    quiet(page)
    done, judged = page.get_by_text("Every hit of every query is judged."), 0
    while not done.is_visible():
        judged += 1
        page.keyboard.press("y" if judged % 3 else "n")
        expect(page.get_by_text(f"{judged} rows judged").or_(done)).to_be_visible()
    answers = download(page, page.get_by_role("button", name="My answers (CSV)"), tmp_path)
    press(page, page.get_by_role("button", name="Use my judgements"))
    expect(page.get_by_text("The comparison uses them.")).to_be_visible()
    other = opened(visit, f"{FAQ}&compare-shows=Judge&with=&with=model%3Dbm25", "Judgements as files")
    upload(other, answers)
    press(other, other.get_by_role("button", name="Go on judging"))
    expect(other.get_by_text("Every hit of every query is judged.")).to_be_visible()


def test_a_disputed_query_is_opened_and_what_another_model_makes_worse(visit, tmp_path):
    (tmp_path / "queries.txt").write_text(QUERIES, encoding="utf-8")
    (tmp_path / "judged.csv").write_text(JUDGED, encoding="utf-8")
    page = opened(visit, f"{FAQ}&compare-shows=One+query", "Queries from a file")
    press(page, page.locator("summary").filter(has_text="Queries from a file"))
    upload(page, tmp_path / "queries.txt")
    press(page, page.get_by_role("button", name="Use these queries"))
    expect(page.get_by_text("4 queries, the most disputed first")).to_be_visible()
    tick(page, 0)
    expect(page.get_by_role("searchbox", name="Query")).not_to_have_value("")
    write(page, page.get_by_role("searchbox", name="Query"), "monthly premium")
    page.keyboard.press("Enter")
    expect(page.get_by_text("are also hits of all-MiniLM-L6-v2").first).to_be_visible()
    assert parameter(page, "compare-q") == "monthly premium"

    choose(page, "Judge")
    expect(page.get_by_text("Judgements as files")).to_be_visible()
    upload(page, tmp_path / "judged.csv")
    press(page, page.get_by_role("button", name="Use these judgements"))
    choose(page, "Migration")
    pick(page, "From", "TF-IDF")
    pick(page, "To", "all-MiniLM-L6-v2")
    expect(page.get_by_text("nDCG@10 changes by")).to_be_visible()
    tick(page, 1)
    expect(page.get_by_text("hits are in both lists")).to_be_visible()
    report = download(page, page.get_by_role("button", name="Migration report (HTML)"), tmp_path)
    assert "From TF-IDF to all-MiniLM-L6-v2" in report.read_text(encoding="utf-8")


def test_a_comparison_is_saved_and_opened(visit, tmp_path):
    page = opened(visit, FAQ, "95 % confidence intervals")
    chip = page.locator(".st-key-contenders").get_by_role("button", name="TF-IDF")
    press(page, chip)
    expect(chip).to_have_count(0)
    path = download(page, page.get_by_role("button", name="Comparison", exact=True), tmp_path)
    other = opened(visit, FAQ, "95 % confidence intervals")
    press(other, other.get_by_role("button", name="Open a saved comparison"))
    upload(other, path)
    expect(other.get_by_role("button", name="TF-IDF")).to_have_count(0)


def test_an_evaluation_is_downloaded_as_a_page(visit, tmp_path):
    page = opened(visit, f"{FAQ}&compare-shows=Evaluate", "Pairs with scores")
    upload(page, pairs_file(tmp_path))
    press(page, page.get_by_role("button", name="Evaluate", exact=True))
    expect(page.get_by_role("heading", name="Worst cases first")).to_be_visible(timeout=COMPARING)
    press(page, page.get_by_role("button", name="Evaluation report (HTML)"))
    path = download(page, page.get_by_role("button", name="Download (HTML)", exact=True), tmp_path)
    assert "explorer.evaluate_pairs(" in path.read_text(encoding="utf-8")
