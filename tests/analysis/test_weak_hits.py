import shutil

import numpy as np
import pytest

import explorer
from explorer.analysis.space import Space, make_index
from explorer.analysis.weak_hits import MEANINGLESS, row_counts, stems_of, telling_stems, weak_score
from tests.tensor import reference
from tests.tensor.matrices import make


def space(vectors):
    return Space(explorer.open_corpus([f"row {row}" for row in range(len(vectors))]), make_index(vectors))


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
@pytest.mark.parametrize("kind", ["normal", "repeated", "one_row", "zeros"])
def test_four_of_five_meaningless_queries_find_nothing_closer(kind, metric):
    rows, queries = make(kind, 1, 40, 5), make("normal", 2, 20, 5)
    best = np.sort(reference.scores(queries, rows, metric).max(axis=1))
    assert weak_score(space(rows), queries, metric) == pytest.approx(best[15], abs=1e-5)


def test_the_telling_words_of_a_query_are_its_rarest_that_make_up_half_of_its_weight():
    counts = {"a": 800, "that": 300, "small": 100, "bird": 20, "sing": 3}
    assert telling_stems("A small bird that sings", counts, 1_000) == {"sing"}
    assert telling_stems("a small bird", counts, 1_000) == {"bird"}
    assert telling_stems("zebra quagga", counts, 1_000) == {"zebra", "quagga"}  # as rare as each other
    assert telling_stems("that", counts, 1_000) == {"that"}
    assert telling_stems("?!", counts, 1_000) == frozenset()
    assert stems_of("Singing birds") >= {"sing", "bird"}


def test_words_are_counted_in_so_many_rows_from_all_over():
    counts, rows = row_counts(["a bird", "two birds"] * 25_000)
    assert rows == 16_667  # every third
    assert counts["bird"] == rows
    assert 0 < counts["a"] < rows
    assert row_counts([]) == ({}, 0)


def test_meaningless_queries_differ_and_have_one_to_four_words():
    assert len(set(MEANINGLESS)) == 20
    assert {len(query.split()) for query in MEANINGLESS} == {1, 2, 3, 4}


@pytest.fixture
def tickets(prepared, tmp_path):
    shutil.copytree(prepared.vectors(), tmp_path / "cache")
    return explorer.embed("support-tickets")


@pytest.mark.slow
def test_queries_about_the_rows_are_told_from_others(tickets):
    weak = weak_score(tickets, tickets.encode_queries(MEANINGLESS), "cosine")
    fitting = (
        "my parcel never came",
        "refund",
        "the app crashes",
        "I cannot log in",
        "door bell rings twice",
    )
    off_topic = ("chocolate cake recipe", "quantum chromodynamics lattice", "best pizza in Naples")
    nonsense = ("blorp flim snazzle", "lorem ipsum dolor sit amet", "fjdksla")
    assert all(tickets.search(query, 1)[0].score > weak for query in fitting)
    assert all(tickets.search(query, 1)[0].score < weak for query in (*off_topic, *nonsense))


def test_no_row_shares_a_word_with_them():
    tickets = explorer.embed("support-tickets", "tfidf")
    assert weak_score(tickets, tickets.encode_queries(MEANINGLESS), "cosine") == pytest.approx(0, abs=1e-6)
