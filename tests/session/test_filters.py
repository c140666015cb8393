import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from explorer.data.filters.specs import Between, Contains, OneOf
from explorer.encode.spec import LocalModel
from explorer.errors import FilterError
from explorer.session.filter_link import LinkedFilters
from explorer.session.link import open_link, parameters_of
from explorer.session.selection import Selection
from explorer.session.session import Session
from tests.data.filters.made import corpus_of


@pytest.fixture
def session():
    corpus = corpus_of(label="kind", kind=["a", "b", "a", None], size=[1, 2, 3, 4])
    return Session("v", corpus, [LocalModel()])


def shown(session):
    return None if session.shown is None else session.shown.rows.tolist()


def test_shown_rows_are_in_focus_and_pass_the_filters(session):
    assert session.passing is None
    assert shown(session) is None
    session.filter_by([OneOf("kind", ("a",))])
    assert session.passing.tolist() == [True, False, True, False]
    assert shown(session) == [0, 2]
    session.focus_on(Selection(np.array([1, 2, 3]), "a test"))
    assert shown(session) == [2]
    session.filter_by([OneOf("kind", ("b",)), Between("size", 4)])
    assert shown(session) == []
    session.filter_by([])
    assert shown(session) == [1, 2, 3]
    session.focus_on(None)
    assert shown(session) is None


def test_filters_that_all_rows_pass_show_all_rows(session):
    session.filter_by([Between("size", 1)])
    assert session.passing.all()
    assert session.shown is None


def test_a_filter_that_cannot_be_asked_changes_nothing(session):
    session.filter_by([OneOf("kind", ("a",))])
    with pytest.raises(FilterError):
        session.filter_by([OneOf("color", ("red",))])
    with pytest.raises(FilterError):
        session.filter_by([OneOf("kind", tuple(f"{number}{'x' * 50}" for number in range(150)))])
    assert session.filters == (OneOf("kind", ("a",)),)
    assert shown(session) == [0, 2]


def test_only_the_spaces_of_rows_that_are_shown_are_kept(session):
    focus = Selection(np.array([1, 2, 3]), "a test")
    session.focus_on(focus)
    session.subspaces = {("space", focus.key): "in focus", ("space", "other"): "filtered"}
    session.filter_by([OneOf("kind", ("a",))])
    assert session.subspaces == {("space", focus.key): "in focus"}
    session.focus_on(None)
    assert session.subspaces == {}


def test_other_rows_have_no_filters_and_the_same_rows_keep_them(session):
    session.filter_by([OneOf("kind", ("a",))], "a notice")
    renamed = dataclasses.replace(session.corpus, name="another")
    session.open(renamed, LocalModel())
    assert shown(session) == [0, 2]
    other_tab = session.for_another_tab()
    assert shown(other_tab) == [0, 2]
    other_tab.filter_by([])
    assert shown(session) == [0, 2]
    session.open(corpus_of(kind=["a", "b"]), LocalModel())
    assert (session.filters, session.filter_notice, session.passing) == ((), "", None)


def test_a_link_names_the_filters_and_opens_them_again():
    session = open_link({"corpus": "song-moods", "filters": "mood:in:angry,;year:between:1990,1999"}, "one")
    assert session.filters == (OneOf("mood", ("angry", "")), Between("year", 1990, 1999))
    table = session.corpus.table
    wanted = [
        mood in ("angry", "") and 1990 <= int(year) <= 1999
        for mood, year in zip(table["mood"].to_pylist(), table["year"].to_pylist(), strict=True)
    ]
    assert 0 < sum(wanted) < len(wanted)
    assert session.passing.tolist() == wanted
    again = open_link(parameters_of(session), "another")
    assert again.filters == session.filters
    session.filter_by([])
    assert "filters" not in parameters_of(session)


def test_the_labels_of_a_link_of_before_are_a_filter():
    session = open_link({"corpus": "support-tickets"}, "one", ["delivery", "billing", "delivery"])
    assert session.filters == (OneOf("queue", ("delivery", "billing")),)
    asked = {"corpus": "support-tickets", "filters": "queue:in:privacy and data"}
    assert open_link(asked, "one", ["delivery"]).filters == (OneOf("queue", ("privacy and data",)),)
    without = open_link({"corpus": "medicare-faq"}, "one", ["delivery"])
    assert without.filters == ()
    assert without.filter_notice == "These rows have no labels, so the labels in this link are left out."
    many = open_link({"corpus": "support-tickets"}, "one", [f"l{number}" for number in range(201)])
    assert many.filters == ()
    assert "takes 1 to 200" in many.filter_notice


def test_what_of_a_link_is_no_filter_of_these_rows_is_said():
    session = open_link(
        {"corpus": "song-moods", "filters": "color:in:red;mood:is:x;genre:contains:ROCK"}, "one"
    )
    assert session.filters == (Contains("genre", "ROCK"),)
    assert session.filter_notice == (
        "“mood:is:x” in this link is no filter. "
        'There is no column "color". Its filter in this link is left out.'
    )
    session.filter_by(session.filters)
    assert session.filter_notice == ""


def test_filters_of_rows_that_a_link_cannot_show_are_not_put_on_the_sample():
    session = open_link({"corpus": "0123456789ab", "filters": "queue:in:delivery"}, "one")
    assert session.unopened
    assert (session.filters, session.filter_notice) == ((), "")


@pytest.mark.parametrize(
    "text",
    [
        ";".join(f"{column}:contains:a" for column in ["title", "artist", "genre"] * 6),
        # Longer when it is written again.
        "title:contains:a;genre:in:" + ",".join(f"{number}{chr(10) * 40}" for number in range(100)),
    ],
)
def test_a_link_with_too_many_filters_or_too_long_ones_opens_with_a_notice(text):
    session = open_link({"corpus": "song-moods", "filters": text}, "one")
    assert session.filter_notice
    assert len(parameters_of(session).get("filters", "")) <= 6_000


def test_the_labels_of_a_link_that_are_too_long_are_a_notice():
    long = [f"{number}{'x' * 50}" for number in range(150)]
    session = open_link({"corpus": "song-moods", "filters": "title:contains:a"}, "one", long)
    assert session.filters == ()
    assert "long in the link" in session.filter_notice


def test_columns_decide_what_a_link_means():
    linked = LinkedFilters("kind:in:a;size:during:2026-01-01,", ("b",))
    corpus = corpus_of(label="kind", kind=["a", "b"], size=pa.array([1, 2]))
    found, left_out = linked.of(corpus)
    assert found == (OneOf("kind", ("a",)),)
    assert left_out == 'The column "size" holds no dates. Its filter in this link is left out.'
