"""Evaluating one encoder on a file of pairs, on duplicates and on labels, until the cases leave as a file."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import explorer
from tests.browser.accessibility import violations
from tests.browser.conftest import fits, quiet, shoot
from tests.browser.test_looks import draw_in

EVALUATE = "/compare?corpus=support-tickets&compare-shows=Evaluate&with=&with=model%3Dbm25"
ENCODING = 120_000  # milliseconds, on a busy machine


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


def give(page: Page, path: Path) -> None:
    quiet(page)
    page.locator("[data-testid=stMain] input[type=file]").last.set_input_files(path)
    expect(page.get_by_text("100 pairs from pairs.csv.")).to_be_visible()
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
