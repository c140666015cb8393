"""The draft of a corpus on the Data page: rows being chosen in this tab, not open yet."""

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
from explorer.session.rows_origin import RowsOrigin

_KEY = "explorer-draft"
T = TypeVar("T")


@dataclass
class Draft:
    """Rows being chosen in a tab, kept over reruns and page changes: a rerun of the page reads nothing again.

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
    _made: tuple[RowsOrigin, Corpus] | None = None

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

    def corpus(self, chosen: RowsOrigin) -> Corpus:
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

    def rows_origin(self, corpus: Corpus) -> RowsOrigin | None:
        """Where a corpus came from, if it is the one made last."""
        return self._made[0] if self._made is not None and self._made[1] is corpus else None

    def empty(self, place: str) -> None:
        """Drop the draft: the page shows what is open, which came from a place."""
        self.place = place
        self.emptied += 1
        self.files, self._steps, self._made = {}, {}, None


def draft() -> Draft:
    """The draft of this tab."""
    return cast("Draft", st.session_state.setdefault(_KEY, Draft()))
