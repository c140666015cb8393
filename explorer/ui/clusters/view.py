"""The clusters page: how rows fall into groups, what distinguishes them, and which k suits."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explorer.analysis.clusters import NOISE, sweep
from explorer.analysis.space import Space
from explorer.analysis.specs import ClusterSpec
from explorer.session.session import Session
from explorer.share.export import rows_table
from explorer.ui.shell.job_progress import analysis_lane, result_or_progress
from explorer.ui.shell.text import markdown
from explorer.ui.widgets import figures
from explorer.ui.widgets.clustering import MAX_K, Clusters, clusters_or_progress, usual_k
from explorer.ui.widgets.distance import choose_distance
from explorer.ui.widgets.downloads import download_table
from explorer.ui.widgets.items import item_html
from explorer.ui.widgets.linked_number import linked_number
from explorer.ui.widgets.shown_rows import ShownRows, choose_shown_rows

_SWEEP_K = (2, 4, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50)
_WORDS = 6
_Shown = tuple[str, ClusterSpec, str]  # clusters: the space, how they were made, the rows
_METHODS = {"k-means": "k-means", "hdbscan": "HDBSCAN (finds k itself, leaves noise)"}


def show_clusters(session: Session, space: Space) -> None:
    """Draw the controls of the clustering and what each cluster contains."""
    shown_rows = choose_shown_rows(session, space)
    session.cluster_choices[shown_rows.key] = _choose(shown_rows)
    found = clusters_or_progress(session, shown_rows)
    if found is None:
        return
    _facts(found)
    shown = (session.spaces[session.encoder].fingerprint, found.spec, shown_rows.key)
    picked = _table(shown_rows, found, shown)
    if picked is None:
        st.caption("Click the left edge of a row to open a cluster.")
    else:
        _open_cluster(session, shown_rows, found, picked, shown)
    _assignments(session, shown_rows, found)
    with st.expander("Worst-fitting rows"):
        _worst(shown_rows, found)


def show_sweep(session: Session, space: Space) -> None:
    """Draw k-means over several k, and offer the k that suits best."""
    shown_rows = choose_shown_rows(session, space)
    space = shown_rows.space
    rows = len(space) - space.corpus.repeated
    ks = tuple(k for k in _SWEEP_K if k < rows)
    if not ks:
        st.info("There are too few distinct rows to compare.", icon=":material/workspaces:")
        return
    found = result_or_progress(
        session,
        ("sweep", shown_rows.key, ks),
        "Comparing numbers of clusters",
        lambda report: sweep(space.index, ks, on_progress=report),
        lane=analysis_lane(len(space)),
    )
    if found is None:
        return
    st.plotly_chart(
        figures.sweep(found),
        key="sweep",
        config={"displayModeBar": False},
        alt="Silhouette and inertia for several numbers of clusters",
    )
    st.caption(
        "The silhouette measures how much closer rows are to their own cluster than to the next, from −1 to "
        f"1; computed on {len(found.sample):,} rows."
    )
    if found.suggested_k is not None:
        st.button(
            f"Use k = {found.suggested_k}, the highest silhouette",
            type="primary",
            on_click=_use,
            args=(found.suggested_k,),
        )


def _choose(shown_rows: ShownRows) -> ClusterSpec:
    most, usual = min(MAX_K, len(shown_rows)), usual_k(shown_rows.space.corpus)
    k, min_size, seed = usual, 2, 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = st.selectbox(
            "Method",
            list(_METHODS),
            format_func=_METHODS.__getitem__,
            key="method",
            width=300,
            bind="query-params",
        )
        if method == "k-means":
            k = linked_number("Number of clusters (k)", 1, most, usual, key="clusters", width=190)
        else:
            min_size = linked_number("Minimum size", 2, max(2, len(shown_rows)), 5, key="min-size", width=190)
        metric = choose_distance("distance")
        if method == "k-means":
            seed = linked_number(
                "Seed", 0, 9999, 0, key="cluster-seed", width=120, about="Same seed, same clusters."
            )
    return ClusterSpec(
        "hdbscan" if method == "hdbscan" else "k-means", k=k, min_size=min_size, metric=metric, seed=seed
    )


def _facts(found: Clusters) -> None:
    clustering, held = found.clustering, found.agreement
    with st.grid(4, min_column_width=110):
        noise = int((clustering.labels == NOISE).sum())
        if noise:
            st.metric("Noise", f"{noise:,}", help="Rows in no cluster.")
        st.metric("Clusters", f"{clustering.k:,}")
        if held is not None:
            st.metric(
                "ARI",
                f"{held.ari:.3f}",
                help="Adjusted Rand index against the labels: 1 is a perfect match, 0 is chance.",
            )
            st.metric(
                "AMI",
                f"{held.ami:.3f}",
                help="Adjusted mutual information with the labels: 1 is a perfect match, 0 is chance.",
            )
            st.metric(
                "V-measure",
                f"{held.v_measure:.3f}",
                help="Harmonic mean of homogeneity and completeness against the labels.",
            )
    if clustering.reduced_to is not None:
        st.caption(f"Rows were reduced to {clustering.reduced_to} dimensions by PCA first.")
    if not clustering.k:
        st.info("No clusters found. Try a smaller minimum size.", icon=":material/workspaces:")


def _table(shown_rows: ShownRows, found: Clusters, shown: _Shown) -> int | None:
    """Draw the table of clusters; return the opened cluster."""
    corpus, names = shown_rows.space.corpus, found.names
    captions = corpus.captions
    columns: dict[str, list[object]] = {
        "cluster": [names[summary.label] for summary in found.summaries],
        "rows": [summary.size for summary in found.summaries],
        "words": [", ".join(word.text for word in summary.words[:_WORDS]) for summary in found.summaries],
        "most central row": [
            captions[summary.central[0]] if summary.central else "" for summary in found.summaries
        ],
        "spread": [summary.spread for summary in found.summaries],
    }
    if corpus.labels is not None:
        columns["main label"] = [
            f"{summary.labels[0].label} ({summary.labels[0].share:.0%})" if summary.labels else ""
            for summary in found.summaries
        ]
    event = st.dataframe(
        columns,
        column_config={
            "spread": st.column_config.NumberColumn(format="%.3f", help="Mean distance to the centroid."),
            "most central row": st.column_config.TextColumn(width="large"),
        },
        hide_index=True,
        key=f"cluster-table-{hash(shown)}",  # a cluster opened in another clustering does not carry over
        on_select="rerun",
        selection_mode="single-row",
        alt="Clusters with their size, words and most central row",
    )
    chosen = event.selection.rows
    return found.summaries[chosen[0]].label if chosen else None


def _open_cluster(
    session: Session, shown_rows: ShownRows, found: Clusters, label: int, shown: _Shown
) -> None:
    corpus, names = shown_rows.space.corpus, found.names
    summary = next(summary for summary in found.summaries if summary.label == label)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            place = (*shown, label)
            key = f"name-{hash(place)}"
            st.text_input(
                "Name",
                names[label],
                max_chars=80,
                key=key,
                width=320,
                on_change=_rename,
                args=(session, place, key),
            )
            st.button(
                f"Select its {summary.size:,} rows",
                type="primary",
                icon=":material/select_all:",
                on_click=session.select,
                args=(shown_rows.rows[found.clustering.rows(label)], f"cluster “{names[label]}”"),
            )
        if summary.labels and corpus.labels is not None:
            shares = (f"{share.label or '(no label)'} {share.share:.0%}" for share in summary.labels[:8])
            st.caption(f"Labels: {markdown(' · '.join(shares))}")
        st.caption("Most central rows")
        for row in summary.central:
            st.html(f"<b>row {shown_rows.rows[row] + 1:,}</b>{item_html(corpus, row)}")


def _assignments(session: Session, shown_rows: ShownRows, found: Clusters) -> None:
    labels = found.clustering.labels
    download_table(
        "Download the assignments",
        lambda: rows_table(
            session.corpus,
            shown_rows.rows,
            {
                "cluster": np.where(labels == NOISE, 0, labels + 1),
                "cluster name": [found.names[label] for label in labels.tolist()],
            },
        ),
        f"{session.corpus.name}-clusters",
        about="Every row with the number and name of its cluster; 0 means noise.",
    )


def _worst(shown_rows: ShownRows, found: Clusters) -> None:
    fits, names = found.worst, found.names
    if not fits:
        st.caption("With a single cluster there is nothing to compare.")
        return
    st.caption(
        "Margin: near 1 is well inside its cluster, 0 is on the border with the next, below 0 is closer to "
        "the next."
    )
    st.dataframe(
        {
            "margin": [fit.margin for fit in fits],
            "row": [int(shown_rows.rows[fit.row]) + 1 for fit in fits],
            "text": [shown_rows.space.corpus.captions[fit.row] for fit in fits],
            "cluster": [names[fit.label] for fit in fits],
            "next cluster": [names[fit.next_label] for fit in fits],
        },
        column_config={"margin": st.column_config.NumberColumn(format="%.3f")},
        hide_index=True,
        key="worst",
        alt="Worst-fitting rows",
    )


def _rename(session: Session, place: tuple[str, ClusterSpec, str, int], key: str) -> None:
    name = str(st.session_state[key]).strip()
    if name:
        session.cluster_names[place] = name
    else:
        session.cluster_names.pop(place, None)


def _use(k: int) -> None:
    st.session_state["method"] = "k-means"
    st.session_state["clusters"] = k
    st.session_state["clusters-view"] = "Clusters"
