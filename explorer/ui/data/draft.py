"""The draft of a corpus on the Data page: rows chosen in this tab that are not open yet."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import streamlit as st

from explorer.data.added_rows import add_rows
from explorer.data.corpus import Corpus
from explorer.data.corpus_from_table import GUESS, make_corpus
from explorer.data.hub.rows_link import HubRows
from explorer.hub.dataset_splits import DatasetSplit
from explorer.hub.ranges import HubFile
from explorer.session.rows_origin import RowsOrigin
from explorer.session.session import Session
from explorer.ui.widgets.upload import drop_tables

_KEY = "explorer-draft"
T = TypeVar("T")


@dataclass
class Draft:
    """The rows chosen in a tab; kept over reruns and page changes, so that a rerun reads nothing again.

    Attributes:
        place: The chosen source of rows, one of `PLACES`; empty until one is chosen.
        emptied: How many times the draft was emptied; part of the widgets' keys.
        hub_rows: The rows of the Hub that were requested last.
        passages: How long texts are split, by the name of the rows.
    """

    place: str = ""
    emptied: int = 0
    hub_rows: HubRows | DatasetSplit | HubFile | None = None
    passages: dict[str, str] = field(default_factory=dict)
    _begun_in: weakref.ref[Session] | None = None
    _begun_with_source: bool = False
    _steps: dict[str, tuple[object, Any]] = field(default_factory=dict)
    _made: tuple[RowsOrigin, Corpus] | None = None

    def belongs_to(self, session: Session) -> bool:
        """Whether the draft was begun beside these rows; False once, when the tab shows other rows.

        Rows that can be chosen from no place any longer, such as a sample with another column, are others.
        """
        before, self._begun_in = self._begun_in, weakref.ref(session)
        had_source, self._begun_with_source = self._begun_with_source, has_source(session)
        lost_source = had_source and not self._begun_with_source
        return before is None or (before() is session and not lost_source)

    def once(self, step: str, made_of: object, make: Callable[[], T]) -> T:
        """The result of a step; it is kept until its input changes.

        Args:
            step: The step's name.
            made_of: The input; tables are compared by identity.
            make: Computes the result.
        """
        kept = self._steps.get(step)
        if kept is None or kept[0] != made_of:
            kept = self._steps[step] = (made_of, make())
        return cast("T", kept[1])

    def corpus(self, chosen: RowsOrigin) -> Corpus:
        """The corpus made from a choice of columns and rows.

        Raises:
            DataError: As in `make_corpus` and `add_rows`.
        """
        if self._made is None or self._made[0] != chosen:
            corpus = make_corpus(
                chosen.source,
                text=chosen.text,
                label=chosen.label,
                limit=chosen.limit,
                seed=chosen.seed,
                vectors=chosen.vectors,
                images=None if chosen.by_captions else GUESS,
            )
            if chosen.added_to is not None:
                corpus = add_rows(chosen.added_to, corpus)
            self._made = (chosen, corpus)
        return self._made[1]

    def saved(self, chosen: RowsOrigin, corpus: Corpus) -> Corpus:
        """The corpus of a saved space, which becomes the one made last."""
        if self._made is None or self._made[0] != chosen:
            self._made = (chosen, corpus)
        return self._made[1]

    def rows_origin(self, corpus: Corpus) -> RowsOrigin | None:
        """The origin of a corpus, if it is the one made last."""
        return self._made[0] if self._made is not None and self._made[1] is corpus else None

    def empty(self, place: str) -> None:
        """Drop the draft and show the open corpus, whose rows came from a place of `PLACES`."""
        self.place = place
        self.emptied += 1
        self.passages, self._steps, self._made = {}, {}, None
        drop_tables()


def has_source(session: Session) -> bool:
    """Whether the open rows can be chosen again from one of `PLACES`."""
    whole = session.corpus.whole
    return session.rows_origin is not None or whole.sample is not None or whole.origin is not None


def draft() -> Draft:
    """The draft of this tab."""
    return cast("Draft", st.session_state.setdefault(_KEY, Draft()))


def widget_key(name: str) -> str:
    """A widget's key; it changes when the draft is emptied, because an uploader's file cannot be removed."""
    emptied = draft().emptied
    return f"{name}-{emptied}" if emptied else name
