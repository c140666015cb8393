"""The clusters of the rows: whether they are real, what is in each, and which rows fit badly."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from explorer.analysis.cluster_edits import Origin
from explorer.analysis.cluster_stability import ClusterStability
from explorer.analysis.clusters import NOISE
from explorer.analysis.space import Space
from explorer.analysis.specs import ClusterSpec
from explorer.data.images.image_rows import has_images
from explorer.data.tables.values import count
from explorer.numbers import percent
from explorer.session.clusters import ClusteringKey
from explorer.session.session import Session
from explorer.share.export import rows_table
from explorer.ui.clusters.agreement import show_agreement
from explorer.ui.clusters.edits import METHODS, origin_words, show_edits, show_several, show_split
from explorer.ui.clusters.link import USUAL_SIZE, follow_linked_edits, put_edits_in_link, return_to_choice
from explorer.ui.clusters.sweep import MOST_K
from explorer.ui.clusters.table import show_table
from explorer.ui.clusters.verdict import show_verdict
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.clustering import Clusters, clustering_key_of, clusters_or_progress, usual_k
from explorer.ui.widgets.distance import choose_distance
from explorer.ui.widgets.downloads import download_table
from explorer.ui.widgets.image_strip import strip_html
from explorer.ui.widgets.item_words import text_word
from explorer.ui.widgets.items import grid_html, item_html
from explorer.ui.widgets.linked_choice import linked_choice
from explorer.ui.widgets.linked_number import linked_number
from explorer.ui.widgets.shown_rows import ShownRows, choose_shown_rows
from explorer.ui.widgets.thumbnail_column import thumbnail_column
from explorer.ui.widgets.to_map import offer_on_map

_METHODS = {**METHODS, "hdbscan": f"{METHODS['hdbscan']} (finds k itself, leaves noise)"}
_PICTURED = 12  # clusters whose images are shown above the table
_OLDER_METHODS = {_METHODS["hdbscan"]: "hdbscan"}


def show_clusters(session: Session, space: Space) -> None:
    """Draw the controls of the clustering, whether the clusters are real, and what each contains."""
    shown_rows = choose_shown_rows(session, space)
    return_to_choice(session.clusters.choices.get(shown_rows.key), usual_k(shown_rows.space.corpus))
    spec = session.clusters.choices[shown_rows.key] = _choose(shown_rows)
    clustering_key = clustering_key_of(session, shown_rows, spec)
    follow_linked_edits(session, clustering_key)
    clusters = clusters_or_progress(session, shown_rows)
    if clusters is None:
        return
    put_edits_in_link(session, clustering_key, clusters)
    verdict = st.container()  # filled last: the table does not wait for it
    _facts(clusters)
    show_edits(session, clustering_key, clusters)
    show_agreement(shown_rows, clusters)
    table = st.container()
    if clusters.clustering.k:
        with verdict:
            stability = show_verdict(session, shown_rows, clusters)
        with table:
            _choose_and_open(session, shown_rows, clustering_key, clusters, stability)
    _assignments(session, shown_rows, clusters)
    with st.expander("Rows that fit worst", key="fit-worst", on_change="rerun") as part:
        if part.open:
            _worst(session, shown_rows, clusters)


def _choose(shown_rows: ShownRows) -> ClusterSpec:
    most, usual = min(MOST_K, len(shown_rows)), usual_k(shown_rows.space.corpus)
    k, min_size, seed = usual, 2, 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = linked_choice("Method", _METHODS, key="method", width=300, older=_OLDER_METHODS)
        if method == "k-means":
            k = linked_number("Number of clusters (k)", 1, most, usual, key="clusters", width=190)
        else:
            largest = max(2, len(shown_rows))
            usual_size = min(USUAL_SIZE, largest)
            min_size = linked_number("Minimum size", 2, largest, usual_size, key="min-size", width=190)
        with st.popover(
            "Advanced", icon=":material/tune:", width="content", key="clusters-advanced", on_change="rerun"
        ) as advanced:
            drawn = bool(advanced.open)
            metric = choose_distance("distance", drawn=drawn)
            if method == "k-means":
                seed = linked_number(
                    "Seed",
                    0,
                    9999,
                    0,
                    key="cluster-seed",
                    width=150,
                    drawn=drawn,
                    about="Same seed, same clusters.",
                )
    return ClusterSpec(
        "hdbscan" if method == "hdbscan" else "k-means", k=k, min_size=min_size, metric=metric, seed=seed
    )


def _facts(clusters: Clusters) -> None:
    """Draw how names were guessed; and of an HDBSCAN, how many clusters, and how many rows are in none."""
    clustering = clusters.clustering
    if clusters.guess and clustering.k:
        st.caption(markdown(clusters.guess))
    if not clustering.k:
        st.info("No clusters found. Try a smaller minimum size.", icon=":material/workspaces:")
    if clustering.method != "hdbscan":
        return
    noise = int((clustering.labels == NOISE).sum())
    share, verb = percent(noise / max(1, len(clustering.labels))), "is" if noise == 1 else "are"
    reduced = f" Rows were reduced to {clustering.reduced_to} dimensions by PCA first."
    st.markdown(
        f"{count(clustering.k, 'cluster')}; {count(noise, 'row')} ({share}) {verb} noise, in no cluster."
        f"{reduced if clustering.reduced_to is not None else ''}"
    )


def _choose_and_open(
    session: Session,
    shown_rows: ShownRows,
    clustering_key: ClusteringKey,
    clusters: Clusters,
    stability: ClusterStability | None,
) -> None:
    """Draw the table, and below it the cluster that is chosen in it, or the several that can be merged."""
    came_from = [
        origin_words(session, clustering_key, clusters, label) for label in range(clusters.clustering.k)
    ]
    # What is chosen among other clusters does not carry over.
    key = f"cluster-table-{hash((clustering_key, clusters.clustering.edits))}"
    if has_images(shown_rows.space.corpus):
        _central_images(shown_rows, clusters)
    chosen = show_table(shown_rows, clusters, came_from, stability, key)
    if not chosen:
        st.caption(
            "Click the left edge of a row, or press Shift and Space on it, to open a cluster and split it; "
            "choose two or more to merge them."
        )
    elif len(chosen) == 1:
        _open_cluster(session, shown_rows, clustering_key, clusters, chosen[0], came_from[chosen[0]])
    else:
        show_several(session, shown_rows, clustering_key, clusters, chosen, key)


def _central_images(shown_rows: ShownRows, clusters: Clusters) -> None:
    """Draw the most central images of each cluster, of the largest first."""
    corpus, numbers = shown_rows.space.corpus, shown_rows.rows
    with st.container(key="central-images", gap="xsmall"):
        for summary in clusters.summaries[:_PICTURED]:
            name = html.escape(clusters.names[summary.label])
            strip = strip_html(corpus, summary.central, [int(numbers[row]) + 1 for row in summary.central])
            st.html(
                f'<div class="explorer-cluster"><div dir="auto"><b>{name}</b><br>{summary.size:,} · '
                f"{percent(summary.share)}</div>{strip}</div>"
            )
    if len(clusters.summaries) > _PICTURED:
        st.caption(f"The largest {_PICTURED} clusters by their most central images; the table has all.")


def _open_cluster(
    session: Session,
    shown_rows: ShownRows,
    clustering_key: ClusteringKey,
    clusters: Clusters,
    label: int,
    came_from: str,
) -> None:
    corpus, names = shown_rows.space.corpus, clusters.names
    summary = clusters.summaries[label]
    rows, origin = shown_rows.rows[clusters.clustering.rows(label)], f"cluster “{names[label]}”"
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            named = (clustering_key, clusters.origins[label])
            key = f"name-{hash(named)}"
            st.text_input(
                "Name",
                names[label],
                max_chars=80,
                key=key,
                width=320,
                on_change=_rename,
                args=(session, named, key),
            )
            st.button(
                f"Select its {summary.size:,} rows",
                type="primary",
                icon=":material/select_all:",
                on_click=session.select,
                args=(rows, origin),
            )
            offer_on_map(session, rows, origin, key=f"cluster-on-map-{label}")
            show_split(session, clustering_key, clusters, label)
        if came_from:
            st.caption(f"By hand: {markdown(came_from)}")
        if summary.labels and corpus.labels is not None:
            shares = (f"{share.label or '(no label)'} {percent(share.share)}" for share in summary.labels[:8])
            st.caption(f"Labels: {markdown(' · '.join(shares))}")
        if has_images(corpus):
            st.caption("Most central images, each once")
            st.html(grid_html(corpus, summary.central))
            return
        st.caption("Most central rows, each text once")
        for row in summary.central:
            with st.container(horizontal=True, vertical_alignment="center"):
                number = int(shown_rows.rows[row])
                st.html(f"<b>row {number + 1:,}</b>", width="content")
                offer_on_map(
                    session, [number], f"row {number + 1:,} of {origin}", key=f"on-map-{number}", quiet=True
                )
            st.html(item_html(corpus, row))


def _assignments(session: Session, shown_rows: ShownRows, clusters: Clusters) -> None:
    labels = clusters.clustering.labels
    download_table(
        "Download the assignments",
        lambda: rows_table(
            session.corpus,
            shown_rows.rows,
            {
                "cluster": np.where(labels == NOISE, 0, labels + 1),
                "cluster name": [clusters.names[label] for label in labels.tolist()],
            },
        ),
        f"{session.corpus.name}-clusters",
        about="Every row with the number and name of its cluster; 0 means noise.",
    )


def _worst(session: Session, shown_rows: ShownRows, clusters: Clusters) -> None:
    fits, names = clusters.worst, clusters.names
    if not fits:
        st.caption("With a single cluster there is nothing to compare.")
        return
    st.caption(
        "Fit: near 1, a row is much closer to the centroid of its own cluster than to the next; at 0 it is "
        "as far from both; below 0 it is closer to the next. Click the left edge of a row to show it on the "
        "map."
    )
    thumbnails = thumbnail_column(shown_rows.space.corpus, [fit.row for fit in fits])
    event = st.dataframe(
        {
            "fit": [fit.margin for fit in fits],
            "row": [int(shown_rows.rows[fit.row]) + 1 for fit in fits],
            **thumbnails.values,
            text_word(shown_rows.space.corpus): [shown_rows.space.corpus.captions[fit.row] for fit in fits],
            "cluster": [names[fit.label] for fit in fits],
            "next cluster": [names[fit.next_label] for fit in fits],
        },
        column_config={
            "fit": st.column_config.NumberColumn(format="%.3f"),
            "row": st.column_config.NumberColumn(format="localized"),
            **thumbnails.config,
        },
        row_height=thumbnails.row_height,
        hide_index=True,
        key=f"worst-{hash((clusters.key, shown_rows.key))}",
        on_select="rerun",
        selection_mode="single-row",
        alt="Rows that fit worst",
    )
    for chosen in event.selection.rows:
        row = int(shown_rows.rows[fits[chosen].row])
        offer_on_map(session, [row], f"row {row + 1:,}, which fits badly", key="worst-on-map")
        if has_images(session.corpus):
            st.html(item_html(session.corpus, row))


def _rename(session: Session, named: tuple[ClusteringKey, Origin], key: str) -> None:
    name = str(st.session_state[key]).strip()
    if name:
        session.clusters.names[named] = name
    else:
        session.clusters.names.pop(named, None)
