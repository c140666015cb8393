"""Clusters of contenders, matched so that their numbers and colours agree, and the rows that move."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import streamlit as st

from explorer.comparison.clusters.matching import flows
from explorer.numbers import percent
from explorer.share.export import rows_table
from explorer.ui.compare.flow_figure import drawn_flows, flow_figure
from explorer.ui.compare.matched_clusters import choose_k, cluster_names, matched_or_progress
from explorer.ui.compare.pair import choose_pair, pairs_by_agreement
from explorer.ui.compare.spaces_shown import choose_spaces
from explorer.ui.compare.table_sizes import table_height
from explorer.ui.compare.window_width import is_narrow, watch_width
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.downloads import download_table
from explorer.ui.widgets.percentages import PERCENT, in_percent
from explorer.ui.widgets.selected_rows import show_table_of_rows

if TYPE_CHECKING:
    import pandas as pd

    from explorer.comparison.clusters.matched import MatchedClusters
    from explorer.comparison.comparison import Comparison
    from explorer.session.session import Session
    from explorer.ui.compare.pair import Pair

_PAIR = "compare-flows"


def show_clusters(session: Session, comparison: Comparison) -> None:
    """Draw the clusters of the chosen contenders, and which rows are in other clusters in another one."""
    places = choose_spaces(comparison, "A clustering")
    if not places:
        return
    if len(places) < 2:
        st.info("Choose two contenders or more to compare their clusters.", icon=":material/workspaces:")
        return
    chosen = set(combinations(places, 2))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        k = choose_k(comparison.corpus)
        pair = choose_pair(
            comparison,
            [pair for pair in pairs_by_agreement(comparison) if pair in chosen],
            key=_PAIR,
            about="The two contenders between whose clusters rows move.",
        )
    found = matched_or_progress(session, comparison, places, k)
    if found is None:
        return
    sides = (places.index(pair[0]), places.index(pair[1]))
    first, second = found.labels[list(sides)]
    _say_how_alike(comparison, found, places, sides)
    table = flows(first, second)
    names = (comparison.names[pair[0]], comparison.names[pair[1]])
    clusters = (cluster_names(found, sides[0]), cluster_names(found, sides[1]))
    narrow = is_narrow()
    watch_width(narrow=narrow)
    drawn = drawn_flows(table)
    st.plotly_chart(
        flow_figure(drawn, names, clusters, narrow=narrow),
        key="compare-flow-chart",
        config={"displayModeBar": False},
        alt=_flow_words(table, names, clusters),
    )
    if len(drawn) < len(table):
        rows = percent(drawn["rows"].sum() / table["rows"].sum())
        st.caption(
            f"The {len(drawn):,} largest of {len(table):,} flows are drawn, with {rows} of the rows; all are "
            "in the table."
        )
    shown = _flows_table(table, names, clusters)
    _show_flow(session, comparison, found, sides, _choose_flow(table, shown, (pair, k)))
    st.header("Distinctive words", anchor=False)
    st.dataframe(_words_table(comparison, found, places), hide_index=True, key="compare-cluster-words")
    _downloads(session, comparison, found, places, shown)


def _say_how_alike(
    comparison: Comparison, found: MatchedClusters, places: list[int], sides: tuple[int, int]
) -> None:
    first, second = found.labels[list(sides)]
    same, total = int((first == second).sum()), len(first)
    value, chance = found.agreement.value[sides], found.agreement.chance[sides]
    chance = round(float(chance), 3) + 0.0  # no minus before a rounded zero
    st.caption(
        "Spherical k-means with the same k in every contender. Clusters have the number and the colour of "
        f"the cluster in {markdown(comparison.names[places[0]])} that they share most rows with (Hungarian "
        "assignment); a number of its own says that there is none. k-means finds groups in anything, so look "
        "at the rows before you believe in a difference."
    )
    with st.grid(2, min_column_width=150):
        st.metric(
            "ARI",
            f"{value:.3f}",
            f"by chance: {chance:.3f}",
            delta_color="off",
            delta_arrow="off",
            help="Adjusted Rand index of the two clusterings: 1 if they are the same. Chance is its mean "
            "when the rows of one are permuted.",
        )
        st.metric(
            "Rows in matching clusters",
            percent(same / total),
            f"{same:,} of {total:,}",
            delta_color="off",
            delta_arrow="off",
            help="Rows whose clusters in the two contenders have the same number.",
        )


def _flow_words(
    table: pd.DataFrame, names: tuple[str, str], clusters: tuple[dict[int, str], dict[int, str]]
) -> str:
    """What the figure shows: how many flows there are, and the largest; all are in the table."""
    told = f"Rows that go from clusters of {names[0]} to clusters of {names[1]}: {len(table):,} flows"
    if table.empty:
        return f"{told}."
    largest = table.loc[table["rows"].idxmax()]
    rows = int(largest["rows"])  # a line of the table has one type, and its shares are floats
    first, second = clusters[0][int(largest["first"])], clusters[1][int(largest["second"])]
    return f"{told}, the largest of {rows:,} row{'' if rows == 1 else 's'}, from “{first}” to “{second}”."


def _flows_table(
    table: pd.DataFrame, names: tuple[str, str], clusters: tuple[dict[int, str], dict[int, str]]
) -> pa.Table:
    return pa.table(
        {
            f"cluster in {names[0]}": [clusters[0][cluster] for cluster in table["first"].tolist()],
            f"cluster in {names[1]}": [clusters[1][cluster] for cluster in table["second"].tolist()],
            "rows": pa.array(table["rows"].to_numpy()),
            "share of the first": pa.array(table["share_of_first"].to_numpy()),
            "share of the second": pa.array(table["share_of_second"].to_numpy()),
        }
    )


def _choose_flow(table: pd.DataFrame, shown: pa.Table, made_from: tuple[Pair, int]) -> tuple[int, int]:
    """Draw the flows as a table; return the clusters of the chosen one: the first unless one is ticked."""
    share = st.column_config.NumberColumn(format=PERCENT, width="small")
    picked = st.dataframe(
        in_percent(shown, ("share of the first", "share of the second")),
        key=f"compare-flow-table-{hash((tuple(shown.column_names), made_from, len(shown)))}",
        height=table_height(len(shown)),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "rows": st.column_config.NumberColumn(width="small", format="localized"),
            "share of the first": share,
            "share of the second": share,
        },
        alt="Rows that go from a cluster of one contender to a cluster of the other",
    )
    at = next(iter(picked.selection.rows), 0)
    st.caption("Tick a flow to see its rows; without a tick, those of the largest are shown.")
    line = table.iloc[at if at < len(table) else 0]
    return int(line["first"]), int(line["second"])


def _show_flow(
    session: Session,
    comparison: Comparison,
    found: MatchedClusters,
    sides: tuple[int, int],
    flow: tuple[int, int],
) -> None:
    """Draw the rows of a flow."""
    first, second = found.labels[list(sides)]
    rows = np.flatnonzero((first == flow[0]) & (second == flow[1]))
    name, other = (cluster_names(found, side)[cluster] for side, cluster in zip(sides, flow, strict=True))
    st.header("Rows of this flow", anchor=False)
    st.markdown(f"{markdown(name)} → {markdown(other)}")
    show_table_of_rows(comparison.corpus, rows, key="compare-flow-rows", about="The rows of the chosen flow")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Select these {len(rows):,} rows" if len(rows) != 1 else "Select this row",
            icon=":material/select_all:",
            on_click=session.select,
            args=(rows, f"flow “{name}” → “{other}”"),
            help="The selection follows you to every page.",
        )


def _words_table(comparison: Comparison, found: MatchedClusters, places: list[int]) -> pa.Table:
    """What each cluster has in each contender, clusters of the same number below each other."""
    lines = []
    for number in np.unique(found.labels).tolist():
        for at, place in enumerate(places):
            rows = int((found.labels[at] == number).sum())
            if rows:
                words = ", ".join(found.words[at].get(number, ()))
                lines.append((number + 1, comparison.names[place], rows, words))
    columns = list(zip(*lines, strict=True))
    names = ("cluster", "contender", "rows", "distinctive words")
    return pa.table({name: list(column) for name, column in zip(names, columns, strict=True)})


def _downloads(
    session: Session, comparison: Comparison, found: MatchedClusters, places: list[int], shown: pa.Table
) -> None:
    columns = {
        f"cluster in {comparison.names[place]}": labels + 1
        for place, labels in zip(places, found.labels, strict=True)
    }
    corpus = comparison.corpus
    with st.container(horizontal=True):
        download_table(
            "Rows and clusters",
            lambda: rows_table(corpus, np.arange(len(corpus)), columns),
            f"{session.corpus.name}-matched-clusters",
            about="Every row with the number of its cluster in each contender.",
        )
        download_table("Flows", lambda: shown, f"{session.corpus.name}-flows")
