"""The map page: a space in two or three dimensions, what is picked on it, and how far to trust it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import streamlit as st
from streamlit.typing import PlotlyState

from explorer.analysis.cluster_words import telling_words
from explorer.analysis.clusters import cluster
from explorer.analysis.projection import Projection, pca, place, umap
from explorer.analysis.space import Space
from explorer.share.export import rows_csv, rows_parquet
from explorer.ui.map_choice import MapChoice, choose_map
from explorer.ui.map_figure import Colouring, column_colouring, map_figure, rows_of
from explorer.ui.map_trust import show_trust
from explorer.ui.session import Session
from explorer.ui.text import as_html
from explorer.ui.work import counting, result_or_progress

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MAX_CLUSTERS = 12
_MARKED = 30
_NEIGHBOURS_SHOWN = 8
_TABLE_ROWS = 1_000
_HTML_HELP = "One file that opens without a network. For a PNG, use the camera above the map."


def show_map(session: Session, space: Space) -> None:
    """Draw the map, and below it what was picked on it."""
    choice, look = choose_map(space.corpus)
    projection, ready = _projection(session, space, choice)
    if projection is None:
        return
    colouring = _colouring(session, space, look.colour)
    marked = _marked(space, projection, look.query)
    figure = map_figure(
        projection.coordinates,
        colouring,
        space.corpus.texts,
        names=look.names,
        contours=look.contours,
        marked=marked,
    )
    event = st.plotly_chart(
        figure,
        key="map",
        on_select="rerun",
        selection_mode=("points", "box", "lasso"),
        config={
            "displaylogo": False,
            "scrollZoom": True,
            "toImageButtonOptions": {"scale": 2, "filename": "map"},
        },
        alt="Map of the rows",
    )
    if not ready:
        st.caption("A PCA map, shown until UMAP is ready.")
    elif projection.fallback == "few":
        st.caption("A PCA map: there are too few rows for UMAP.")
    elif projection.fallback == "equal":
        st.caption("All rows are equal, so all points are one.")
    if isinstance(event, PlotlyState):
        _take_selection(session, figure, event.selection.points)
    _picked(session, space)
    _downloads(space, projection, figure)
    if ready:
        show_trust(session, space, choice, projection)


def _projection(session: Session, space: Space, choice: MapChoice) -> tuple[Projection | None, bool]:
    """The map asked for, or a PCA map until it is ready, or none yet; and whether it is the one asked for."""
    if choice.method == "umap":
        found = result_or_progress(
            session,
            ("map", choice),
            f"UMAP of {len(space):,} rows",
            lambda say: umap(
                space,
                dims=choice.dims,
                neighbors=choice.neighbors,
                min_distance=choice.min_distance,
                metric=choice.metric,
                seed=choice.seed,
                on_progress=say,
            ),
        )
        if found is not None:
            return found, True
    quick = result_or_progress(
        session,
        ("pca", choice.dims, choice.metric),
        "PCA",
        lambda _say: pca(space, choice.dims, metric=choice.metric),
        lane="quick",
    )
    return quick, choice.method == "pca"


def _colouring(session: Session, space: Space, colour: str) -> Colouring:
    corpus = space.corpus
    if colour == "label" and corpus.labels is not None:
        return Colouring(corpus.label or "label", groups=corpus.labels)
    if colour == "cluster":
        k = max(1, min(_MAX_CLUSTERS, (len(corpus) - corpus.repeated) // 2))
        found = result_or_progress(
            session,
            ("map clusters", k),
            "Clustering",
            lambda say: cluster(space, k, on_progress=counting(say, "Clustering", "steps")),
        )
        if found is not None:
            return Colouring("cluster", groups=[str(label + 1) for label in found.labels.tolist()])
    if colour in corpus.metadata:
        return column_colouring(colour, corpus.table[colour].to_pylist())
    return Colouring("")


def _marked(space: Space, projection: Projection, query: str) -> np.ndarray | None:
    if not query:
        return None
    hits = space.search(query, min(_MARKED, len(space)))
    own = place(space, projection, space.encoder.encode_queries([query]))
    return np.concatenate([own, projection.coordinates[[hit.row for hit in hits]]])


def _take_selection(session: Session, figure: go.Figure, points: Sequence[dict[str, Any]]) -> None:
    """Rows that were lassoed become the selection, once: a rerun must not select them again."""
    rows = rows_of(figure, points)
    if not len(rows) or st.session_state.get("explorer-map-picked") == rows.tobytes():
        return
    st.session_state["explorer-map-picked"] = rows.tobytes()
    session.select(rows, "the map")
    st.rerun()


def _picked(session: Session, space: Space) -> None:
    selection = session.selection
    if selection is None:
        st.caption(
            "Draw around points to select them; click one to see what is near it in the full space. "
            "A double click shows the map whole."
        )
        return
    texts = space.corpus.texts
    if len(selection) == 1:
        row = int(selection.rows[0])
        with st.container(border=True):
            st.html(f"<b>row {row + 1:,}</b>{as_html(texts[row])}")
            st.caption("Nearest in the full space")
            for hit in space.similar_to(row, _NEIGHBOURS_SHOWN):
                st.html(f"<b>{hit.score:.3f}</b> row {hit.row + 1:,}{as_html(hit.text)}")
        return
    words = _words(session, space, selection.rows)
    with st.container(border=True):
        if words:
            st.html(f"<b>Words that tell the selection apart</b>{as_html(', '.join(words))}")
        shown = selection.rows[:_TABLE_ROWS]
        st.dataframe(
            space.corpus.table.take(pa.array(shown)),
            column_order=[
                space.corpus.text,
                *([space.corpus.label] if space.corpus.label else []),
                *space.corpus.metadata,
            ],
            column_config={space.corpus.text: st.column_config.TextColumn(width="large")},
            hide_index=True,
            key="map-selection",
            alt="The selected rows",
        )
        with st.container(horizontal=True):
            if len(selection) > len(shown):
                st.caption(f"The first {len(shown):,} of {len(selection):,} rows; the download has all.")
            st.download_button(
                "Download the selection (CSV)",
                lambda: rows_csv(space.corpus, selection.rows, {}),
                file_name=f"{space.corpus.name}-selection.csv",
                mime="text/csv",
                icon=":material/download:",
                on_click="ignore",
            )


def _words(session: Session, space: Space, rows: np.ndarray) -> list[str]:
    """Words that tell rows apart from all others; none while they are being counted."""
    if len(rows) == len(space):
        return []
    inside = np.zeros(len(space), dtype=np.int64)
    inside[rows] = 1
    found = result_or_progress(
        session,
        ("words", hashlib.blake2b(rows.tobytes(), digest_size=16).hexdigest()),
        "Words of the selection",
        lambda _say: telling_words(space.corpus.texts, inside),
    )
    return [] if found is None else [word.text for word in found.get(1, ())]


def _downloads(space: Space, projection: Projection, figure: go.Figure) -> None:
    names = ("x", "y", "z")[: projection.dims]
    columns = {name: projection.coordinates[:, place] for place, name in enumerate(names)}
    corpus = space.corpus
    files = (
        ("Coordinates (CSV)", "map.csv", "", lambda: rows_csv(corpus, np.arange(len(space)), columns)),
        ("Coordinates (Parquet)", "map.parquet", "", lambda: rows_parquet(corpus, columns)),
        (
            "Interactive map (HTML)",
            "map.html",
            _HTML_HELP,
            lambda: figure.to_html(include_plotlyjs=True).encode(),
        ),
    )
    with st.container(horizontal=True):
        for label, ending, about, make in files:
            st.download_button(
                label,
                make,
                file_name=f"{corpus.name}-{ending}",
                icon=":material/download:",
                on_click="ignore",
                help=about or None,
            )
