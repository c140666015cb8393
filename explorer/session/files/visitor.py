"""From what a visitor has open to what a session file holds, and back."""

from __future__ import annotations

from explorer.session.comparison import ComparisonState
from explorer.session.files.contents import PAGES, ChosenComparison, SessionContents
from explorer.session.files.saved_session import SavedSession
from explorer.session.saved_comparison import show_comparison, shown_comparison
from explorer.session.session import Session


def saved_from(session: Session) -> SavedSession:
    """Everything that a visitor has open, for a file."""
    state, clusters = session.comparison, session.clusters
    return SavedSession(
        session.corpus,
        tuple(session.encoders),
        active=session.active,
        selection=session.selection,
        focus=session.focus,
        filters=session.filters,
        examples=dict(session.examples),
        preferred_rows=session.preferred_rows,
        cluster_choices=dict(clusters.choices),
        clusters=clusters.made(),
        comparison=ChosenComparison(
            name=state.name,
            contenders=state.contenders,
            k=state.k,
            groups=state.groups,
            views=state.views,
            judgements=state.judgements,
            pairs=state.pairs,
            queries=state.queries,
            answers=state.answers,
            result=shown_comparison(session),
        ),
        pages={page: session.pages[page] for page in PAGES if session.pages.get(page)},
    )


def opened_session(saved: SessionContents, before: Session) -> Session:
    """A session with everything of a file, for the visitor who opens it.

    Args:
        saved: What the file holds.
        before: What the visitor has open. It is not changed; its rows are used if those of the file cannot be
            had.
    """
    corpus, chosen = saved.corpus or before.corpus, saved.comparison
    session = Session(
        before.visitor,
        corpus,
        list(saved.encoders),
        active=saved.active,
        rows_origin=before.rows_origin if saved.corpus is None else saved.rows_origin,
        focus=saved.focus,
        examples=dict(saved.examples),
        preferred_rows=saved.preferred_rows,
        pages=dict(saved.pages),
        unseen_pages=frozenset(saved.pages),
        times_opened=before.times_opened + 1,
    )
    session.filter_by(saved.filters if saved.corpus is not None else ())
    if saved.selection is not None:
        session.select(saved.selection.rows, saved.selection.origin)
    session.clusters.choices = dict(saved.cluster_choices)
    session.clusters.saved = saved.clusters
    session.comparison = ComparisonState(
        name=chosen.name,
        contenders=chosen.contenders,
        judgements=chosen.judgements,
        pairs=chosen.pairs,
        k=chosen.k,
        groups=chosen.groups,
        views=chosen.views,
        queries=chosen.queries,
        answers=dict(chosen.answers),
    )
    if chosen.result is not None:
        show_comparison(session, chosen.result)
    return session
