from dataclasses import replace

import pytest

import explorer
from explorer.comparison.contenders.spec import MOST, ContenderSpec
from explorer.encode.spec import LocalModel, OwnVectors, Tfidf
from explorer.session.contenders import (
    add_contender,
    contender_named,
    contenders_of,
    keep_possible,
    link_of,
    name_of,
    other_text_columns,
    read_link,
    refusal,
    remove_contender,
    session_reading,
    usual_contenders,
)
from explorer.session.session import Session
from tests.session.conftest import done

MODEL, WORDS, BM25 = ContenderSpec(LocalModel()), ContenderSpec(Tfidf()), ContenderSpec(None)
ROWS = {
    "title": ["late", "broken", "thanks"],
    "body": ["my order is late", "it is broken", "thank you"],
    "note": ["one", None, "three"],
    "blank": ["one", "  ", "three"],
    "count": [1, 2, 3],
    "queue": ["a", "b", "a"],
}


def session(*encoders, rows=ROWS):
    corpus = explorer.open_corpus(rows, text="body", label="queue" if "queue" in rows else None)
    return Session("visitor", corpus, list(encoders or [LocalModel()]))


@pytest.mark.parametrize(
    ("encoders", "expected"),
    [
        ([LocalModel()], (MODEL, WORDS, BM25)),
        ([Tfidf()], (WORDS, BM25)),
        ([LocalModel(), Tfidf()], (MODEL, WORDS, BM25)),
        ([LocalModel(), OwnVectors()], (MODEL, ContenderSpec(OwnVectors()), WORDS)),
    ],
)
def test_without_any_choice_encoders_are_compared_with_rankings_by_words(encoders, expected):
    assert contenders_of(session(*encoders)) == expected


def test_many_encoders_leave_room_for_words():
    many = [LocalModel(f"owner/model-{number}") for number in range(12)]
    usual = usual_contenders(session(*many))
    assert len(usual) == MOST
    assert usual[-1] == WORDS


def test_contenders_are_added_once_up_to_eight_and_removed():
    one = session()
    assert add_contender(one, replace(MODEL, first=64)) == ""
    assert contenders_of(one) == (MODEL, WORDS, BM25, replace(MODEL, first=64))
    assert (
        add_contender(one, replace(MODEL, first=64)) == "all-MiniLM-L6-v2 · 64 dims is already a contender."
    )
    for dims in range(1, 5):
        assert add_contender(one, replace(MODEL, first=dims)) == ""
    assert "at most 8" in add_contender(one, replace(MODEL, first=9))
    assert len(contenders_of(one)) == MOST
    for spec in contenders_of(one):
        remove_contender(one, spec)
    assert contenders_of(one) == ()  # and not the usual ones again


def test_a_contender_is_found_by_its_name():
    one = session()
    add_contender(one, replace(MODEL, text="title"))
    assert name_of(one, replace(MODEL, text="title")) == "all-MiniLM-L6-v2 · title"
    assert contender_named(one, "all-MiniLM-L6-v2 · title") == replace(MODEL, text="title")
    assert contender_named(one, "all-MiniLM-L6-v2") is None  # both read a column, so both names say which


def test_only_columns_with_a_text_in_every_row_can_be_read_instead():
    one = session()
    assert other_text_columns(one.corpus) == ["title"]
    assert refusal(one.corpus, replace(MODEL, text="title")) == ""
    for column in ("note", "blank", "count", "queue"):
        assert "does not have a text in every row" in refusal(one.corpus, replace(MODEL, text=column))
    assert "no column “gone”" in refusal(one.corpus, replace(MODEL, text="gone"))
    assert "no vectors" in refusal(one.corpus, ContenderSpec(OwnVectors()))
    assert "no vectors" in add_contender(one, ContenderSpec(OwnVectors()))


def test_another_column_of_the_same_rows_has_a_session_of_its_own():
    one = session()
    other = session_reading(one, "title")
    assert session_reading(one, None) is one
    assert session_reading(one, "title") is other
    assert other.visitor == one.visitor
    assert other.corpus.texts == ROWS["title"]
    assert other.corpus.labels == one.corpus.labels
    assert other.corpus.table.equals(one.corpus.table)
    one.open(session(rows={"body": ["x", "y"]}).corpus, LocalModel())
    assert one.other_columns == {}


def test_contenders_follow_to_other_rows_except_those_that_these_cannot_have():
    one = session()
    add_contender(one, replace(MODEL, text="title"))
    add_contender(one, replace(MODEL, first=64))
    one.comparison.groups = "queue"
    keep_possible(one)
    assert not one.comparison.notice
    one.open(session(rows={"body": ["x", "y"]}).corpus, LocalModel("owner/other"))
    keep_possible(one)
    assert contenders_of(one) == (MODEL, WORDS, BM25, replace(MODEL, first=64))
    assert "title was left out: These rows have no column “title”." in one.comparison.notice
    assert one.comparison.groups is None


def test_usual_contenders_are_those_of_the_rows_that_are_open():
    one = session()
    one.open(session(rows={"body": ["x", "y"]}).corpus, LocalModel("owner/other"))
    keep_possible(one)
    assert contenders_of(one) == (ContenderSpec(LocalModel("owner/other")), WORDS, BM25)


def test_a_link_names_contenders_unless_they_are_the_usual_ones():
    one, other = session(), session()
    assert link_of(one) == []
    add_contender(one, replace(MODEL, first=64, stored_as="binary"))
    remove_contender(one, BM25)
    read_link(other, link_of(one))
    assert contenders_of(other) == contenders_of(one)
    assert other.comparison.notice == ""


def test_what_a_link_cannot_name_is_told_and_the_rest_stays():
    one = session()
    read_link(one, ["model=tfidf", "model=%2Fetc%2Fpasswd", "model=tfidf", "model=bm25"])
    assert contenders_of(one) == (WORDS, BM25)
    assert "cannot be opened here: model=%2Fetc%2Fpasswd" in one.comparison.notice
    read_link(one, [f"model=owner/model-{number}" for number in range(10)])
    assert len(contenders_of(one)) == MOST
    assert "10 contenders" in one.comparison.notice
    read_link(one, ["model=%2Fetc%2Fpasswd"])
    assert contenders_of(one) == usual_contenders(one)


def test_a_link_grants_no_code_but_finds_the_encoder_that_has_it():
    own = LocalModel("owner/coded", revision="a" * 40, trust_remote_code=True)
    parameters = [f"model=owner%2Fcoded&revision={'a' * 40}&first=64", "model=bm25"]
    with_it, without = session(own), session()
    read_link(with_it, parameters)
    assert contenders_of(with_it)[0] == ContenderSpec(own, first=64)
    read_link(without, parameters)
    assert contenders_of(without)[0].encoder == replace(own, trust_remote_code=False)


def test_comparisons_are_dropped_with_the_token_that_their_encoders_hold():
    one = session()
    one.comparison.shown = ("key", object())
    one.keep_result(("compare", "own"), done("a comparison"))
    one.keep_result(("clusters", "own"), done("clusters"))
    one.forget_comparisons()
    assert one.comparison.shown is None
    assert list(one.results) == [("clusters", "own")]


def test_another_tab_has_the_contenders_and_not_the_comparison():
    one = session()
    add_contender(one, replace(MODEL, first=64))
    one.comparison.shown = ("key", object())
    session_reading(one, "title")
    other = one.for_another_tab()
    assert contenders_of(other) == contenders_of(one)
    assert other.comparison.shown is None
    assert other.other_columns == {}
    remove_contender(other, BM25)
    assert BM25 in contenders_of(one)
