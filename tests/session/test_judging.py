import explorer
from explorer.comparison.judging.judgements import Judgements
from explorer.encode.spec import Tfidf
from explorer.session.judging import (
    MOST_CHARS,
    MOST_QUERIES,
    answer,
    go_on_judging,
    judgements_of,
    queries_from,
    take_back,
)
from explorer.session.session import Session


def a_session():
    return Session("visitor", explorer.open_corpus(["one", "two", "three"]), [Tfidf()])


def test_queries_are_lines_without_repetitions_within_the_limits():
    assert queries_from([" a  b ", "", "a\nb", "c"]) == ("a b", "c")
    assert len(queries_from(["x" * (MOST_CHARS + 1)])[0]) == MOST_CHARS
    assert len(queries_from(map(str, range(MOST_QUERIES + 1)))) == MOST_QUERIES


def test_the_last_answer_is_taken_back_first():
    session = a_session()
    answer(session, "a", 0, 1)
    answer(session, "b", 2, None)
    answer(session, "a", 1, 0)
    assert session.comparison.answers == {"a": {0: 1, 1: 0}, "b": {2: None}}
    take_back(session)
    assert session.comparison.answers == {"a": {0: 1}, "b": {2: None}}
    take_back(session)
    take_back(session)
    take_back(session)
    assert session.comparison.answers == {}


def test_a_key_that_reaches_the_row_before_too_leaves_its_answer():
    session = a_session()
    answer(session, "a", 0, 1)
    answer(session, "a", 0, None)
    answer(session, "a", 1, None)
    assert session.comparison.answers == {"a": {0: 1, 1: None}}
    take_back(session)
    assert session.comparison.answers == {"a": {0: 1}}
    take_back(session)
    answer(session, "a", 0, 0)
    assert session.comparison.answers == {"a": {0: 0}}


def test_the_copy_for_a_reload_keeps_the_answers_of_its_time():
    session = a_session()
    answer(session, "a", 0, 1)
    kept = session.for_another_tab()
    answer(session, "a", 1, 1)
    take_back(session)
    take_back(session)
    assert kept.comparison.answers == {"a": {0: 1}}


def test_added_queries_and_answers_join_those_that_are_there():
    session = a_session()
    session.comparison.queries = ("a", "b")
    answer(session, "a", 0, 1)
    go_on_judging(session, ["b", "c"], {"a": {0: 0, 1: None}, "d\ne": {2: 1}})
    assert session.comparison.answers == {"a": {0: 0, 1: None}, "d e": {2: 1}}
    assert set(session.comparison.queries) == {"a", "b", "c", "d e"}


def test_what_is_known_of_a_query_is_of_the_judgements_in_use_and_else_of_the_own_answers():
    session = a_session()
    assert judgements_of(session, "a b") is None
    session.comparison.answers = {"a b": {0: 2, 1: 0, 2: None}, "c": {0: 0}}
    found = judgements_of(session, " a\nb ")
    assert (found.queries, found.grades, found.skipped) == (("a b",), ({0: 2, 1: 0},), ((2,),))
    assert judgements_of(session, "c") is None  # no row is relevant
    session.comparison.judgements = Judgements(
        ("x", "y"), ("z", " a  b"), ({1: 1}, {2: 1}), (0.5, 0.1), ((), (0,))
    )
    found = judgements_of(session, "a b")
    assert (found.grades, found.skipped, found.inclusion) == (({2: 1},), ((0,),), None)
