"""Views that search: a contender that fails is named and left out, and the others are shown."""

import pytest

import explorer
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.encode.spec import Tfidf
from explorer.errors import EncodeError
from explorer.session.contender_link import contender_parameter
from tests.app.driving import button, finished, html_texts, labels, said, unescaped
from tests.app.test_compare_views import HOSTILE, compared, comparison_of, rows, session_of

THREE = [
    contender_parameter(spec)
    for spec in (ContenderSpec(Tfidf()), ContenderSpec(None), ContenderSpec(Tfidf(), first=4))
]
QUERIES = ("broken phone screen", "password", "day 3")


def searched(view, monkeypatch):
    """A view of three contenders of which BM25 fails from when the queries are known."""
    app = compared(explorer.open_corpus(rows()), Tfidf(), view, **{"with": THREE})
    fail(monkeypatch)
    session_of(app).comparison.queries = QUERIES
    return finished(app.run())


def fail(monkeypatch):
    def search(*_, **__):
        raise EncodeError(f"It is {HOSTILE} down.")

    monkeypatch.setattr(Bm25Contender, "search", search)


@pytest.mark.parametrize("view", ["One query", "Judge"])
def test_a_contender_that_fails_is_left_out_until_a_retry(view, monkeypatch):
    with monkeypatch.context() as failing:
        app = searched(view, failing)
    assert not app.error
    (warning,) = app.warning
    assert unescaped(warning.value) == f"**BM25** failed and is left out here. It is {HOSTILE} down."
    assert "\\*\\*md" in warning.value
    app = finished(button(app, "Try again").click().run())
    assert not app.warning
    assert "Try again" not in labels(app)


def test_agreement_is_that_of_the_others(monkeypatch):
    app = searched("One query", monkeypatch)
    with pytest.warns(UserWarning, match="BM25 failed"):
        expected = comparison_of(app).queries(QUERIES)
    assert app.dataframe[0].value["query"].tolist() == expected["query"].tolist()
    assert app.dataframe[0].value["agreement"].tolist() == pytest.approx(expected["agreement"].tolist())


def test_judging_goes_on_with_the_others(monkeypatch):
    app = searched("Judge", monkeypatch)
    assert any("max-height: 50vh" in text for text in html_texts(app))
    for _ in range(100):
        if "Relevant" not in labels(app):
            break
        app = finished(button(app, "Relevant").click().run())
    assert "Every hit of every query is judged" in said(app.markdown)
    assert "nDCG@10 ahead of" in said(app.markdown)


def test_where_fewer_than_two_are_left_it_says_why(monkeypatch):
    app = compared(explorer.open_corpus(rows()), Tfidf(), "One query", **{"with": THREE[:2]})
    fail(monkeypatch)
    session_of(app).comparison.queries = QUERIES
    app = finished(app.run())
    (error,) = app.error
    assert "down" in error.value
    assert "Try again" in labels(app)
