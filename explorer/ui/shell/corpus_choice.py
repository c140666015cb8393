"""The choice of the open rows in the header: those opened before, the samples, and the way to others."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from typing import cast

import streamlit as st

from explorer.data.corpus import Corpus
from explorer.data.samples import SAMPLES
from explorer.data.tables.values import count
from explorer.session.link import corpus_parameter
from explorer.session.rows_origin import FILE, HUB
from explorer.session.session import Session
from explorer.session.session_store import session_store
from explorer.ui.shell.going import go_to
from explorer.ui.shell.session import switch_to

_ASKED, _GO = "other-rows-from", "go-to-other-rows"
_OTHERS = {FILE: "Open a file…", HUB: "Open a dataset from the Hub…"}


def choose_corpus(session: Session) -> None:
    """Draw the open rows as the choice of a list with those opened before, the samples, and ways to others.

    Args:
        session: The visitor's session.
    """
    here = corpus_parameter(session.corpus)
    # The open rows come first, and by the name they have now: they are kept only after this is drawn.
    corpora = {here: session.corpus} | session_store().corpora(session.visitor) | {here: session.corpus}
    names: dict[str, str] = {}
    for name, corpus in corpora.items():
        names[name] = _unlike(_named(corpus), names.values())
    names |= {name: f"{name} · sample" for name in SAMPLES if name not in names}
    # Of other rows it is another element: if its value were set, what a browser sends before it has heard of
    # that would be taken for a choice of the rows before.
    st.selectbox(
        "Open rows",
        [*names, *_OTHERS],
        format_func=lambda name: names.get(name) or _OTHERS[name],
        key=_key(here),
        on_change=_open_chosen,
        args=(session, here),
        label_visibility="collapsed",
        width=260,
    )


def ask_for_other_rows(place: str) -> None:
    """Have the Data page shown next, with the choice of rows from one of `PLACES`."""
    st.session_state[_ASKED] = place
    st.session_state[_GO] = True


def go_where_rows_are_chosen() -> None:
    """Show the Data page if other rows were asked for since the last call."""
    if st.session_state.pop(_GO, False):
        go_to("pages/data.py")


def take_asked_place() -> str | None:
    """The place, one of `PLACES`, from which other rows were asked for since the last call; None if not."""
    return cast("str | None", st.session_state.pop(_ASKED, None))


def _key(here: str) -> str:
    return f"corpus-choice-{here}"


def _open_chosen(session: Session, here: str) -> None:
    key = _key(here)
    chosen = str(st.session_state[key])
    if chosen == here:
        return  # Streamlit takes for a change what a browser sends of an element that is not drawn any longer
    if chosen in _OTHERS:
        del st.session_state[key]  # a page shows what is open, not what was chosen last
        ask_for_other_rows(chosen)
    else:
        switch_to(session, chosen)


def _unlike(name: str, others: Collection[str]) -> str:
    """A name that none of the others is: the browser answers with the name that was chosen."""
    numbered = (f"{name} ({number})" for number in itertools.count(2))
    return next(one for one in itertools.chain([name], numbered) if one not in others)


def _named(corpus: Corpus) -> str:
    only_images = corpus.images is not None and bool(corpus.images.present().all())
    return f"{corpus.name} · {count(len(corpus), 'image' if only_images else 'row')}"
