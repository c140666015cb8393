"""What the colours of a map show."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.analysis.placing import cosines_to_rows
from explorer.analysis.projection import Projection
from explorer.analysis.specs import MapSpec
from explorer.analysis.trust import Trust
from explorer.session.session import Session
from explorer.share.map.colouring import Colouring, column_colouring
from explorer.ui.map.choice import MapLook
from explorer.ui.map.trust import trust_or_progress
from explorer.ui.widgets.clustering import clusters_or_progress
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.shown_rows import ShownRows

_ONE_COLOUR = Colouring("")


def colouring_of(
    session: Session,
    shown_rows: ShownRows,
    look: MapLook,
    spec: MapSpec,
    projection: Projection,
    query: NDArray[np.float32] | None,
) -> Colouring:
    """The chosen colours; one colour, with the reason, while they are not available.

    Args:
        session: Whose map.
        shown_rows: The rows on it.
        look: What was chosen.
        spec: How the map was made.
        projection: The map.
        query: The vector of the query, shape (1, dims); None without one, or while it is being encoded.
    """
    corpus, colour = shown_rows.space.corpus, look.colour

    def once(*made_from: object, make: Callable[[], Colouring]) -> Colouring:
        return kept(session, "colouring", (colour.kind, *made_from), make)

    if colour.kind == "label" and corpus.labels is not None:
        title, labels = corpus.label or "label", corpus.labels
        return once(corpus, make=lambda: Colouring(title, groups=labels))
    if colour.kind == "cluster":
        found = clusters_or_progress(session, shown_rows)
        if found is not None:
            names, numbers = found.names, found.clustering.labels.tolist()
            return once(
                found.clustering,
                *names.items(),
                make=lambda: Colouring("cluster", groups=[names[number] for number in numbers]),
            )
    if colour.kind == "similarity":
        if query is not None:
            index = shown_rows.space.index
            return once(
                index,
                query.tobytes(),
                make=lambda: Colouring("cosine", numbers=cosines_to_rows(index, query)[0].astype(np.float64)),
            )
        if not look.query:
            st.caption("Enter a text under “Find on the map” to colour rows by their similarity to it.")
    if colour.kind == "trust":
        checked = trust_or_progress(session, shown_rows, spec, projection)
        if checked is not None:
            this, _ = checked
            if len(this.rows) < len(shown_rows):
                st.caption(f"Trust was measured on {len(this.rows):,} rows; the others are grey.")
            return once(this, make=lambda: _trust_colouring(this, len(shown_rows)))
    if colour.kind == "column":
        column = colour.column
        return once(corpus, column, make=lambda: column_colouring(column, corpus.table[column]))
    return _ONE_COLOUR


def _trust_colouring(trust: Trust, total: int) -> Colouring:
    """The trustworthiness of each of so many rows; NaN for those on which it was not measured."""
    numbers = np.full(total, np.nan)
    numbers[trust.rows] = trust.row_trustworthiness
    return Colouring("trust", numbers=numbers)
