import shutil

import numpy as np
import pytest

import explorer
from explorer.analysis.space import Space, make_index
from explorer.analysis.weak_hits import MEANINGLESS, has_too_little, query_weights, row_counts, weak_score
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


COUNTS = {"a": 800, "that": 300, "small": 100, "bird": 20, "sing": 3}


def test_words_of_a_query_weigh_as_their_squared_inverse_frequency_and_function_words_nothing():
    weights = query_weights("A small bird that sings", COUNTS, 1_000)
    squares = {one: (np.log(1_001 / (1 + COUNTS[one])) + 1) ** 2 for one in ("small", "bird", "sing")}
    assert weights == pytest.approx({one: own / sum(squares.values()) for one, own in squares.items()})
    assert query_weights("zebra quagga", COUNTS, 1_000) == {"zebra": 0.5, "quagga": 0.5}
    assert query_weights("that", COUNTS, 1_000) == {"that": 1}
    assert query_weights("?!", COUNTS, 1_000) == {}


def test_a_text_has_too_little_of_a_query_if_it_has_only_frequent_words():
    weights = query_weights("a small bird that sings", COUNTS, 1_000)
    assert has_too_little("a small nut that a person eats", weights)
    assert not has_too_little("Singing", weights)
    assert not has_too_little("small birds", weights)  # not its rarest word, but two of three


@pytest.mark.parametrize(
    ("query", "fits", "does_not"),
    [
        ("cannot log in", "Login: I can't log in", "I cannot open the box"),  # few rows say "cannot"
        ("refund for duplicate charge", "Still no refund", "for whom is it"),
        ("who mends my bicycle", "I need a bicycle", "who is my doctor"),
    ],
)
def test_a_hit_with_most_of_a_query_is_not_weak(query, fits, does_not):
    counts, rows = row_counts(explorer.open_corpus("support-tickets").texts)
    weights = query_weights(query, counts, rows)
    assert not has_too_little(fits, weights)
    assert has_too_little(does_not, weights)


def test_words_are_counted_in_so_many_rows_from_all_over():
    counts, rows = row_counts(["a bird", "two birds"] * 25_000)
    assert rows == 16_667  # every third
    assert counts["bird"] == rows
    assert 0 < counts["a"] < rows
    assert row_counts([]) == ({}, 0)
    assert row_counts(["bird " * 2_000] * 1_000)[1] == 334  # every third of ten million characters


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
