"""Near-duplicates over the whole corpus: pairs, groups, and one of each group to keep."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explorer.analysis.duplicates import Duplicates, find_duplicates
from explorer.analysis.space import Space
from explorer.session.session import Session
from explorer.share.export import rows_table
from explorer.ui.shell.job_progress import analysis_lane, result_or_progress
from explorer.ui.widgets.downloads import download_table
from explorer.ui.widgets.items import item_html

_SHOWN_PAIRS = 1_000
_SHOWN_GROUPS = 50
_SHOWN_MEMBERS = 20


def choose_threshold() -> float:
    """Draw the choice of the lowest score of near-duplicates, shared by all views that use it."""
    return float(
        st.slider(
            "Similarity threshold",
            0.5,
            1.0,
            0.9,
            0.01,
            key="threshold",
            bind="query-params",
            help="The view “Usual scores” shows how random pairs and nearest neighbours score here.",
        )
    )


def show_duplicates(session: Session, space: Space) -> None:
    """Draw the near-duplicates of the whole corpus, and offer a file with one row of each group."""
    threshold = choose_threshold()
    found = result_or_progress(
        session,
        ("duplicates", threshold),
        "Looking for near-duplicates",
        lambda report: find_duplicates(space, threshold, on_progress=report),
        lane=analysis_lane(len(space)),
    )
    if found is None:
        return
    with st.grid(4, min_column_width=110):
        st.metric("Exact repeats", f"{found.repeated:,}", help="Rows whose exact text already occurred.")
        st.metric(
            "Near pairs", f"{len(found.pairs):,}", help="Pairs of different texts at or above the threshold."
        )
        st.metric("Groups", f"{len(found.groups):,}", help="Rows connected by exact repeats or near pairs.")
        st.metric("Kept", f"{int(found.keep.sum()):,}", help="Rows left when one of each group is kept.")
    if not found.groups:
        st.info(
            "No two rows are that similar. Lower the threshold to see the closest pairs.",
            icon=":material/search_off:",
        )
        return
    _duplicate_actions(session, space, found)
    _pair_table(space, found)
    larger = [group for group in found.groups if len(group) > 2]  # two rows are a line of the table above
    if larger:
        st.header("Groups of three or more rows", anchor=False)
    for group in larger[:_SHOWN_GROUPS]:
        with st.expander(f"{len(group):,} rows, closest {group.score:.3f}"):
            for row in group.rows[:_SHOWN_MEMBERS]:
                st.html(f"<b>row {row + 1:,}</b>{item_html(space.corpus, row)}")
    if len(larger) > _SHOWN_GROUPS:
        st.caption(f"The largest {_SHOWN_GROUPS} of {len(larger):,}; the downloads include all of them.")


def _duplicate_actions(session: Session, space: Space, found: Duplicates) -> None:
    corpus = space.corpus
    members = np.concatenate([group.rows for group in found.groups])
    with st.container(horizontal=True):
        download_table(
            "Keep one of each group",
            lambda: rows_table(corpus, np.flatnonzero(found.keep), {}),
            f"{corpus.name}-without-duplicates",
            kind="primary",
        )
        numbers = np.repeat(np.arange(1, len(found.groups) + 1), [len(group) for group in found.groups])
        download_table(
            "Groups",
            lambda: rows_table(corpus, members, {"group": numbers, "kept": found.keep[members]}),
            f"{corpus.name}-groups",
        )
        st.button(
            "Select all grouped rows",
            icon=":material/select_all:",
            on_click=session.select,
            args=(members, f"near-duplicates from {found.threshold:.2f}"),
        )


def _pair_table(space: Space, found: Duplicates) -> None:
    if not len(found.pairs):
        return
    st.header("Pairs, closest first", anchor=False)
    captions, shown = space.corpus.captions, slice(0, _SHOWN_PAIRS)
    left, right = found.pairs.left[shown], found.pairs.right[shown]
    st.dataframe(
        {
            "similarity": found.pairs.scores[shown],
            "row": left + 1,
            "text": [captions[row] for row in left],
            "other row": right + 1,
            "other text": [captions[row] for row in right],
        },
        column_config={"similarity": st.column_config.NumberColumn(format="%.3f")},
        hide_index=True,
        key="pairs",
        alt="Pairs of near-duplicates, closest first",
    )
    if len(found.pairs) > _SHOWN_PAIRS:
        st.caption(f"The closest {_SHOWN_PAIRS:,} of {len(found.pairs):,} pairs.")
