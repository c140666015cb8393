"""Evaluating one encoder on pairs, duplicates, judged queries and labels, and testing what it tells apart."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import explorer
from tests.browser.accessibility import violations
from tests.browser.conftest import fits, quiet, shoot
from tests.browser.test_looks import draw_in

EVALUATE = "/compare?corpus=support-tickets&compare-shows=Evaluate&with=&with=model%3Dbm25"
ENCODING = 120_000  # milliseconds, on a busy machine
COMPARED = "Decided by k-NN accuracy"


def pairs_file(folder: Path) -> Path:
    """Tickets that say the same, labelled 1, and tickets of one queue, labelled 0; one line has no label."""
    corpus = explorer.open_corpus("support-tickets")
    table = corpus.table.to_pydict()
    body = dict(zip(table["id"], table["body"], strict=True))
    lines = [
        (body[number], body[other], 1)
        for relation, number, other in zip(table["relation"], table["id"], table["related_to"], strict=True)
        if relation == "paraphrase" and number > other
    ]
    lines += [
        (table["body"][row], table["body"][row + 40], 0)
        for row in range(len(corpus) - 40)
        if table["queue"][row] == table["queue"][row + 40]
    ]
    path = folder / "pairs.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("sentence1", "sentence2", "label"), *lines, ("a", "b", "maybe")])
    return path


def queries_file(folder: Path) -> Path:
    """Tickets as queries, for each of which the one that says the same is relevant."""
    table = explorer.open_corpus("support-tickets").table.to_pydict()
    lines = [
        (body, other, 1)
        for relation, body, other in zip(table["relation"], table["body"], table["related_to"], strict=True)
        if relation == "paraphrase"
    ]
    path = folder / "queries.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("query", "id", "grade"), *lines])
    return path


def give(page: Page, path: Path, read: str = "100 pairs from pairs.csv.") -> None:
    quiet(page)
    page.locator("[data-testid=stMain] input[type=file]").last.set_input_files(path)
    expect(page.get_by_text(read)).to_be_visible()
    quiet(page)
    page.get_by_role("button", name="Evaluate", exact=True).click()


@pytest.mark.slow
def test_an_encoder_is_evaluated_on_a_file_and_on_labels(visit, schemes, tmp_path):
    path = pairs_file(tmp_path)
    page = visit(EVALUATE)
    expect(page.get_by_text("Pairs with scores")).to_be_visible(timeout=ENCODING)
    quiet(page)
    shoot(page, "evaluate-start-1440-light")
    page.get_by_role("radio", name="Duplicates").click()
    expect(page.get_by_text("Pairs with labels")).to_be_visible()
    give(page, path)
    expect(page.get_by_text("100 pairs, of which 97 are independent")).to_be_visible(timeout=ENCODING)
    expect(page.get_by_text("1 of 101 lines cannot be used")).to_be_visible()
    quiet(page)
    assert violations(page) == []
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        shoot(page, f"evaluate-duplicates-1440-{scheme}")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Cases (CSV)").click()
    cases = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8-sig"))))
    assert {"pair", "first", "second", "duplicate", "similarity", "misplaced"} == set(cases[0])
    assert [float(case["misplaced"]) for case in cases] == sorted(
        (float(case["misplaced"]) for case in cases), reverse=True
    )

    other = visit(EVALUATE, width=390)
    expect(other.get_by_text("Pairs with scores")).to_be_visible(timeout=ENCODING)
    give(other, path)
    expect(other.get_by_text("100 pairs, of which 97 are independent")).to_be_visible(timeout=ENCODING)
    quiet(other)
    assert fits(other)
    for scheme in schemes:
        other.emulate_media(color_scheme=scheme)
        shoot(other, f"evaluate-pairs-390-{scheme}")
    other.get_by_role("radio", name="Labels of the rows").click()
    expect(other.get_by_text("624 rows, by their value of queue.")).to_be_visible()
    other.get_by_role("button", name="Evaluate", exact=True).click()
    expect(other.get_by_text("624 rows, of which 588 are independent")).to_be_visible(timeout=ENCODING)
    quiet(other)
    assert fits(other)
    assert violations(other) == []
    for scheme in schemes:
        other.emulate_media(color_scheme=scheme)
        shoot(other, f"evaluate-labels-390-{scheme}")
    draw_in(other, "light")
    other.get_by_role("radio", name="Scored pairs").click()
    other.get_by_role("radio", name="A dataset on the Hub").click()
    expect(other.get_by_role("button", name="Read the dataset")).to_be_visible()
    other.mouse.move(0, 0)  # under it, a choice has other colours
    quiet(other)
    assert fits(other)
    assert violations(other) == []
    shoot(other, "evaluate-hub-390-light")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pairs", "duplicates", "queries", "labels"])
def test_every_evaluation_fits_on_every_screen(visit, tmp_path, kind):
    page = visit(f"{EVALUATE}&evaluate-kind={kind}")
    expect(page.get_by_text(COMPARED)).to_be_visible(timeout=ENCODING)
    if kind == "labels":
        quiet(page)
        page.get_by_role("button", name="Evaluate", exact=True).click()
    elif kind == "queries":
        give(page, queries_file(tmp_path), "72 judgements of 72 queries from queries.csv.")
    else:
        give(page, pairs_file(tmp_path))
    expect(page.get_by_role("heading", name="Worst cases first")).to_be_visible(timeout=ENCODING)
    quiet(page)
    page.mouse.move(0, 0)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            draw_in(page, scheme)
            assert fits(page)
            assert violations(page) == []
            shoot(page, f"evaluate-{kind}-{width}-{scheme}")


@pytest.mark.slow
def test_an_evaluation_is_cancelled_and_started_again(visit, tmp_path):
    path = tmp_path / "many.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        about = "letter in the long correspondence of two friends"
        lines = [(f"The {n}th {about}", f"A reply to the {n}th {about}", n % 6) for n in range(1_500)]
        csv.writer(file).writerows([("sentence1", "sentence2", "score"), *lines])
    page = visit("/compare?corpus=medicare-faq&compare-shows=Evaluate")
    expect(page.get_by_text("Pairs with scores")).to_be_visible(timeout=ENCODING)
    give(page, path, "1,500 pairs from many.csv.")
    expect(page.get_by_role("progressbar", name=re.compile("Evaluating the encoder"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Evaluating the encoder was stopped.")).to_be_visible()
    expect(page.get_by_text("1,500 pairs from many.csv.")).to_be_visible()
    quiet(page)
    shoot(page, "evaluate-stopped-1440-light")
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_role("heading", name="Worst cases first")).to_be_visible(timeout=ENCODING)


@pytest.mark.slow
def test_an_encoder_is_tested_before_it_is_trusted(visit):
    page = visit("/models?corpus=medicare-faq")
    quiet(page)
    page.get_by_text("before you trust it").click()
    table = page.get_by_role("region", name="Usual tests of the encoder")
    expect(table).to_be_visible(timeout=ENCODING)
    negations = table.locator("[role=row]").filter(has_text="negations")
    expect(negations).to_contain_text("0 of 8")
    quiet(page)
    table.scroll_into_view_if_needed()
    table.click(position={"x": 16, "y": 35 + 17})  # the box of the first test
    cases = page.get_by_role("region", name="Usual cases of the test")
    expect(cases.locator("[role=row]")).to_have_count(9)
    quiet(page)
    assert violations(page) == []
    shoot(page, "behaviour-1440-light")
    own = page.get_by_role("textbox", name="Cases of your own, one per line")
    own.fill("only one text")
    own.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="does not have two or three texts")).to_be_visible()
    own.fill("the card was declined | payment by card failed | the card was accepted")
    own.press("Control+Enter")
    expect(page.get_by_role("region", name="Own tests of the encoder")).to_contain_text("your cases")
    quiet(page)
    page.mouse.move(0, 0)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            draw_in(page, scheme)
            assert fits(page)
            assert violations(page) == []
            shoot(page, f"behaviour-own-{width}-{scheme}")
