"""What the colours of a map show."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.analysis.placing import cosines_to_rows
from explorer.analysis.projection import Projection
from explorer.analysis.specs import MapSpec
from explorer.session.session import Session
from explorer.ui.map.choice import MapLook
from explorer.ui.map.trust import trust_or_progress
from explorer.ui.widgets.clustering import clusters_or_progress
from explorer.ui.widgets.colouring import Colouring, column_colouring
from explorer.ui.widgets.shown_rows import ShownRows


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
    if colour.kind == "label" and corpus.labels is not None:
        return Colouring(corpus.label or "label", groups=corpus.labels)
    if colour.kind == "cluster":
        found = clusters_or_progress(session, shown_rows)
        if found is not None:
            names = found.names
            return Colouring("cluster", groups=[names[label] for label in found.clustering.labels.tolist()])
    if colour.kind == "similarity":
        if query is not None:
            return Colouring(
                "cosine", numbers=cosines_to_rows(shown_rows.space.index, query)[0].astype(np.float64)
            )
        if not look.query:
            st.caption("Enter a text under “Find on the map” to colour rows by their similarity to it.")
    if colour.kind == "trust":
        checked = trust_or_progress(session, shown_rows, spec, projection)
        if checked is not None:
            numbers = np.full(len(shown_rows), np.nan)
            this, _ = checked
            numbers[this.rows] = this.row_trustworthiness
            if np.isnan(numbers).any():
                st.caption(f"Trust was measured on {len(this.rows):,} rows; the others are grey.")
            return Colouring("trust", numbers=numbers)
    if colour.kind == "column":
        return column_colouring(colour.column, corpus.table[colour.column].to_pylist())
    return Colouring("")
