"""Merging and splitting clusters: what was done, the ways back, and the controls of both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from explorer.analysis.cluster_edits import MAX_PARTS, Edit, Merge, Origin, Split, no_room_for
from explorer.data.images.image_rows import has_images
from explorer.data.tables.values import count, shortened
from explorer.numbers import percent
from explorer.session.clusters import ClusteringKey
from explorer.session.session import Session
from explorer.ui.shell.text import as_html, markdown
from explorer.ui.widgets.clustering import Clusters
from explorer.ui.widgets.image_strip import strip_html
from explorer.ui.widgets.shown_rows import ShownRows
from explorer.ui.widgets.to_map import offer_on_map

METHODS = {"k-means": "k-means", "hdbscan": "HDBSCAN"}
"""The names of the methods on the screen."""
_NAME_CHARS = 60
_NAMED = 3  # of what was merged
_BESIDE = 4  # clusters shown side by side before they are merged
_CENTRAL = 2  # rows of each
_ROW_CHARS = 200


def show_edits(session: Session, clustering_key: ClusteringKey, clusters: Clusters) -> None:
    """Draw what was merged and split, the ways back, and what of the steps was left out."""
    taken = clusters.clustering.edits
    of, notice = session.clusters.notice or (clustering_key, "")
    left_out = f"{notice if of in (None, clustering_key) else ''} {clusters.left_out}".strip()
    if left_out:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(markdown(left_out), icon=":material/call_split:")
            st.button(
                "Dismiss", type="tertiary", on_click=session.clusters.edit, args=(clustering_key, taken)
            )
    if not taken:
        return
    found = clusters.found.clustering
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="cluster-edits"):
        st.markdown(
            f":material/edit: **Edited by hand:** {count(clusters.clustering.k, 'cluster')} from the "
            f"{found.k:,} that {METHODS[found.method]} found, by {_steps(taken)}.",
            width="content",
        )
        if not left_out:
            st.button(
                "Undo the last step",
                icon=":material/undo:",
                type="tertiary",
                on_click=session.clusters.edit,
                args=(clustering_key, taken[:-1]),
            )
        st.button(
            f"Back to the {found.k:,} found",
            icon=":material/restart_alt:",
            type="tertiary",
            on_click=session.clusters.edit,
            args=(clustering_key, ()),
        )


def origin_words(session: Session, clustering_key: ClusteringKey, clusters: Clusters, label: int) -> str:
    """Where a cluster comes from, if it was merged or split: someone else's text."""
    origin = clusters.origins[label]
    if origin.is_found:
        return ""
    whole, *others = (f"“{_name(session, clustering_key, clusters, one)}”" for one in origin.of[: _NAMED + 1])
    if not others:
        return f"part of {whole}"
    named = [whole, *others][:_NAMED]
    more = len(origin.of) - len(named)
    return f"from {' + '.join(named)}{f' + {more:,} more' if more else ''}"


def _name(session: Session, clustering_key: ClusteringKey, clusters: Clusters, origin: Origin) -> str:
    """The name of what a cluster came from, without its number, which the clusters now have otherwise."""
    beginning = ending = ""
    while (given := session.clusters.names.get((clustering_key, origin))) is None and not origin.is_found:
        more = len(origin.of) - 1
        if more:
            ending = f" and {more:,} more{ending}"
        else:
            beginning += "a part of "
        origin = origin.of[0]
    name = given or clusters.found.names[origin.first]
    words = given or name.partition(". ")[2] or f"cluster {name} as found"
    return shortened(f"{beginning}{words}{ending}", _NAME_CHARS)


def show_several(
    session: Session,
    shown_rows: ShownRows,
    clustering_key: ClusteringKey,
    clusters: Clusters,
    chosen: Sequence[int],
    table: str,
) -> None:
    """Draw several clusters side by side, and the button that merges them.

    Args:
        session: Whose clusters.
        shown_rows: Their rows.
        clustering_key: Which clusters these are, before any merge and split.
        clusters: The clusters.
        chosen: Their numbers.
        table: The key of the table they were chosen in.
    """
    steps = (*clusters.clustering.edits, Merge(tuple(chosen)))
    no_room = no_room_for(steps)
    inside = np.concatenate([clusters.clustering.rows(label) for label in chosen])
    rows, origin = shown_rows.rows[inside], f"{len(chosen):,} clusters"
    with st.container(border=True, key="several-clusters"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{origin}** · {len(rows):,} rows · {percent(len(rows) / len(shown_rows))}",
                width="content",
            )
            st.button(
                f"Merge these {origin}",
                type="primary",
                icon=":material/call_merge:",
                disabled=bool(no_room),
                on_click=session.clusters.edit,
                args=(clustering_key, steps),
            )
            st.button(
                f"Select their {len(rows):,} rows",
                icon=":material/select_all:",
                on_click=session.select,
                args=(rows, origin),
            )
            offer_on_map(session, rows, origin, key="several-on-map")
        if no_room:
            st.caption(no_room)
        for label, column in zip(chosen, st.columns(min(len(chosen), _BESIDE)), strict=False):
            with column:
                _beside(shown_rows, clusters, label, table)
        if len(chosen) > _BESIDE:
            st.caption(f"The first {_BESIDE} are shown.")


def _beside(shown_rows: ShownRows, clusters: Clusters, label: int, table: str) -> None:
    summary = clusters.summaries[label]
    st.markdown(f"**{markdown(clusters.names[label])}** · {summary.size:,} rows")
    corpus = shown_rows.space.corpus
    if has_images(corpus):
        st.html(strip_html(corpus, summary.central))
    else:
        for row in summary.central[:_CENTRAL]:
            st.html(as_html(shortened(corpus.captions[row], _ROW_CHARS)))
    st.button(
        "Open only this one",
        key=f"open-only-{label}",
        type="tertiary",
        icon=":material/open_in_full:",
        on_click=_choose_only,
        args=(table, label),
    )


def _choose_only(table: str, label: int) -> None:
    st.session_state[table] = {"selection": {"rows": [label], "columns": [], "cells": []}}


def show_split(session: Session, clustering_key: ClusteringKey, clusters: Clusters, label: int) -> None:
    """Draw the control that splits a cluster; nothing for a cluster of one row."""
    size = clusters.summaries[label].size
    if size < 2:
        return
    with st.popover("Split", icon=":material/call_split:", width="content"):
        parts = int(
            st.number_input(
                "Into how many clusters",
                2,
                min(MAX_PARTS, size),
                2,
                key=f"split-{hash((clustering_key, clusters.clustering.edits, label))}",
                width=190,
            )
        )
        if clusters.clustering.method == "hdbscan":
            st.caption("HDBSCAN cannot be asked for a number of clusters, so k-means of its rows splits it.")
        else:
            st.caption("By k-means of its rows, with the distance and the seed of the clusters.")
        steps = (*clusters.clustering.edits, Split(label, parts))
        no_room = no_room_for(steps)
        st.button(
            f"Split into {parts:,}",
            disabled=bool(no_room),
            on_click=session.clusters.edit,
            args=(clustering_key, steps),
        )
        if no_room:
            st.caption(no_room)


def _steps(edits: Sequence[Edit]) -> str:
    merges = sum(isinstance(edit, Merge) for edit in edits)
    kinds = ((merges, "merge"), (len(edits) - merges, "split"))
    return " and ".join(count(number, kind) for number, kind in kinds if number)
