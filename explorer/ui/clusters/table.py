"""The table of clusters, from which they are opened and merged."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import streamlit as st

from explorer.analysis.cluster_edits import Origin
from explorer.analysis.cluster_stability import DISSOLVED, STABLE, ClusterStability
from explorer.analysis.cluster_words import ClusterSummary
from explorer.analysis.function_words import is_function_word
from explorer.data.images.image_rows import has_images
from explorer.numbers import percent
from explorer.ui.widgets.clustering import Clusters
from explorer.ui.widgets.shown_rows import ShownRows

_WORDS = 6
_WHOLE_TABLE = 20  # clusters, up to which all lines are shown
_REMARKS_HELP = (
    "mixed: holds together badly, since its rows are as close to more than a fifth of the rows of other "
    "clusters as to each other. "
    f"stable: comes back at {STABLE} or more; unstable: below {DISSOLVED}."
)
_ALIKE_HELP = (
    "How many pairs of a row of this cluster and a row of another are less alike than two rows of this "
    "cluster (its median pair). It would be 50 % for rows put together at random."
)
_BACK_HELP = (
    "The share of rows that it has in common with the most similar cluster when rows are drawn anew (Jaccard "
    "index, mean of 20 draws)."
)
_BACK_EDITED_HELP = " Clusters that were merged or split by hand have none: k-means did not find them."


def show_table(
    shown_rows: ShownRows,
    clusters: Clusters,
    came_from: Sequence[str],
    stability: ClusterStability | None,
    key: str,
) -> list[int]:
    """Draw the table of clusters, largest first; return the chosen ones, ascending.

    Args:
        shown_rows: The rows.
        clusters: Their clusters.
        came_from: What each was merged or split from, in words, by its number; "" for those as found.
        stability: How stable the clusters as found are; None if that is not known.
        key: The key of the table.
    """
    corpus, names, edited = shown_rows.space.corpus, clusters.names, any(came_from)
    captions, summaries = corpus.captions, clusters.summaries
    shares = [100 * summary.share for summary in summaries]
    backs = [_comes_back(origin, stability) for origin in clusters.origins]
    columns: dict[str, Sequence[object]] = {
        "cluster": [names[summary.label] for summary in summaries],
        "rows": [summary.size for summary in summaries],
        "share": shares,
        "remarks": [_remarks(summary, back) for summary, back in zip(summaries, backs, strict=True)],
    }
    if edited:
        columns["by hand"] = list(came_from)
    columns["alike"] = [None if summary.alike is None else 100 * summary.alike for summary in summaries]
    if stability is not None:
        columns["comes back"] = backs
    if corpus.labels is not None:
        columns["main label"] = [
            f"{summary.labels[0].label} ({percent(summary.labels[0].share)})" if summary.labels else ""
            for summary in summaries
        ]
    words = [", ".join(_words(summary)) for summary in summaries]
    if not has_images(corpus) or any(words):  # names of files have none
        columns["words"] = words
    columns["most central row"] = [
        captions[summary.central[0]] if summary.central else "" for summary in summaries
    ]
    event = st.dataframe(
        pa.table(columns),  # sent as it is, where a dict would become a data frame first
        column_config={
            "rows": st.column_config.NumberColumn(format="localized"),
            "share": st.column_config.ProgressColumn(
                format="%.1f %%", min_value=0, max_value=max(shares), help="Of all rows shown."
            ),
            "remarks": st.column_config.TextColumn(width=130, help=_REMARKS_HELP),
            "by hand": st.column_config.TextColumn(width="medium", help="What it was merged or split from."),
            "alike": st.column_config.NumberColumn(format="%.1f %%", help=_ALIKE_HELP),
            "comes back": st.column_config.NumberColumn(
                format="%.2f", help=_BACK_HELP + (_BACK_EDITED_HELP if edited else "")
            ),
            "most central row": st.column_config.TextColumn(width="large"),
        },
        hide_index=True,
        height="content" if len(summaries) <= _WHOLE_TABLE else "auto",
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        placeholder="–",
        alt="Clusters with their size, how alike their rows are, words and most central row",
    )
    return sorted(summaries[row].label for row in event.selection.rows)


def _comes_back(origin: Origin, stability: ClusterStability | None) -> float | None:
    """How often a cluster comes back, which was measured for those as found."""
    return float(stability.clusters[origin.first]) if stability is not None and origin.is_found else None


def _words(summary: ClusterSummary) -> list[str]:
    """Its distinctive words. That "she" is frequent in it may be so, and tells little of what is in it."""
    return [word.text for word in summary.words if not is_function_word(word.text)][:_WORDS]


def _remarks(summary: ClusterSummary, back: float | None) -> str:
    said = ["mixed"] if summary.mixed else []
    if back is not None and summary.size > 1:  # one row always comes back
        said += ["stable"] if back >= STABLE else ["unstable"] if back < DISSOLVED else []
    return ", ".join(said)
