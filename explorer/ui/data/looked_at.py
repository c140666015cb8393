"""What a tab looks at on the Data page, from where its rows come to the corpus they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import streamlit as st

from explorer.data.corpus import Corpus
from explorer.data.corpus_from_table import make_corpus
from explorer.data.hub.link import HubRows
from explorer.data.tables.source_table import SourceTable
from explorer.hub.dataset_splits import DatasetSplit
from explorer.session.brought import Brought

_KEY = "explorer-looked-at"
T = TypeVar("T")


@dataclass
class LookedAt:
    """What a tab looks at, kept over reruns and page changes: a rerun of the page reads nothing again.

    Attributes:
        place: Where rows come from, chosen last; empty until one is.
        emptied: How often the choice was emptied; it is part of the widgets' keys.
        files: The table read last through each place for a file, by the key of its widget.
        hub_rows: The rows of the Hub that were asked for last.
    """

    place: str = ""
    emptied: int = 0
    files: dict[str, SourceTable] = field(default_factory=dict)
    hub_rows: HubRows | DatasetSplit | None = None
    _steps: dict[str, tuple[object, Any]] = field(default_factory=dict)
    _made: tuple[Brought, Corpus] | None = None

    def once(self, step: str, made_of: object, make: Callable[[], T]) -> T:
        """The result of a step, which is kept until what it is made of changes.

        Args:
            step: Names the step.
            made_of: What the result depends on; tables are compared by identity.
            make: Makes it.
        """
        kept = self._steps.get(step)
        if kept is None or kept[0] != made_of:
            kept = self._steps[step] = (made_of, make())
        return cast("T", kept[1])

    def corpus(self, chosen: Brought) -> Corpus:
        """The corpus that a choice of columns and rows makes.

        Raises:
            DataError: As in `make_corpus`.
        """
        if self._made is None or self._made[0] != chosen:
            corpus = make_corpus(
                chosen.source,
                text=chosen.text,
                label=chosen.label,
                limit=chosen.limit,
                seed=chosen.seed,
                vectors=chosen.vectors,
            )
            self._made = (chosen, corpus)
        return self._made[1]

    def brought(self, corpus: Corpus) -> Brought | None:
        """Where a corpus came from, if it is the one made last."""
        return self._made[0] if self._made is not None and self._made[1] is corpus else None

    def empty(self, place: str) -> None:
        """Look at nothing but what is open, which came from a place."""
        self.place = place
        self.emptied += 1
        self.files, self._steps, self._made = {}, {}, None


def looked_at() -> LookedAt:
    """What this tab looks at."""
    return cast("LookedAt", st.session_state.setdefault(_KEY, LookedAt()))
