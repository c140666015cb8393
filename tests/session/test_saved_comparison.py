"""A saved comparison in a session: shown at once, as long as nothing else is chosen."""

from dataclasses import replace

import pytest

import explorer
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.comparison.files.saving import Choices, packed
from explorer.encode.spec import LocalModel, Tfidf
from explorer.errors import DataError
from explorer.session.saved_comparison import open_saved, opened_comparison, opened_with
from explorer.session.session import Session
from tests.comparison.comparisons import comparison, contenders, corpus, judgements

CHOICES = Choices("name", ("q",), {"q": {1: 1}})


def opened():
    session = Session("visitor", corpus(), [LocalModel()])
    open_saved(session, packed(comparison(), CHOICES))
    return session


def test_everything_that_was_chosen_is_chosen_again():
    state = opened().comparison
    assert (state.name, state.queries, state.answers) == ("name", ("q",), {"q": {1: 1}})
    assert (state.k, state.groups, state.views) == (5, None, None)
    assert state.judgements == judgements()
    assert state.pairs == comparison().pairs
    assert state.contenders == (
        ContenderSpec(Tfidf()),
        ContenderSpec(Tfidf(), first=16, stored_as="int8"),
        ContenderSpec(Tfidf(), csls=True),
        ContenderSpec(None),
    )
    assert state.notice == ""


def test_it_is_shown_until_something_else_is_chosen():
    session = opened()
    assert opened_comparison(session).verdict == comparison().verdict
    session.comparison.k = 6
    assert opened_comparison(session) is None
    session.comparison.k = 5
    assert opened_comparison(session) is not None
    session.comparison.contenders = session.comparison.contenders[:2]
    assert opened_comparison(session) is None


def test_it_gets_its_vectors_when_the_same_contenders_are_there():
    found = opened_comparison(opened())
    here = list(comparison().contenders)
    assert opened_with(found, here).contenders == tuple(here)
    assert opened_with(found, here[:3]) is None
    other = SpaceContender(contenders()[0].truncate(9), here[0].name)
    assert opened_with(found, [other, *here[1:]]) is None
    assert opened_with(None, here) is None


def test_other_rows_leave_the_session_as_it_was():
    session = Session("visitor", replace(corpus(), label=None), [LocalModel()])
    before = replace(session.comparison)
    with pytest.raises(DataError, match="of other rows"):
        open_saved(session, packed(comparison()))
    assert session.comparison == before


@pytest.mark.slow
def test_a_contender_without_a_known_origin_is_named(vectors_only):
    session = Session("visitor", vectors_only.corpus, [LocalModel()])
    open_saved(session, packed(vectors_only))
    assert session.comparison.contenders == (ContenderSpec(Tfidf()),)
    assert session.comparison.notice == "These contenders cannot be made again here: only vectors."


@pytest.fixture
def vectors_only():
    from explorer.analysis.space import Space, make_index

    words = contenders()[0]
    bare = SpaceContender(Space(corpus(), make_index(words.vectors[:, :20])), "only vectors")
    return explorer.compare([bare, words], k=3)
