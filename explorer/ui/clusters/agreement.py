"""How clusters agree with the labels: a sentence, with figures and a table of both one click away."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from explorer.analysis.cluster_fit import LabelAgreement, LabelTable
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.clustering import Clusters
from explorer.ui.widgets.shown_rows import ShownRows

_BANDS = (
    (0.8, "agree almost perfectly"),
    (0.6, "agree strongly"),
    (0.4, "agree moderately"),
    (0.2, "agree weakly"),
)
_LABELS = 200


def agreement_words(ami: float) -> str:
    """How clusters with this AMI agree with labels.

    The bands are those of Landis and Koch, The measurement of observer agreement for categorical data, 1977,
    for kappa, which is corrected for chance as AMI is: 0 by chance, 1 for perfect agreement. They are a
    convention, and no test.
    """
    return next((words for low, words in _BANDS if ami >= low), "hardly agree")


def show_agreement(shown_rows: ShownRows, found: Clusters) -> None:
    """Draw the sentence; nothing where there are no labels."""
    held, table, corpus = found.agreement, found.label_table, shown_rows.space.corpus
    if held is None or table is None or not found.clustering.k or len(table.labels) < 2:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"The clusters {agreement_words(held.ami)} with *{markdown(corpus.label or 'label')}*: "
            f"AMI {held.ami:.2f}",
            width="content",
        )
        _show_details(held, table, found.names, corpus.label or "label")


def _show_details(held: LabelAgreement, table: LabelTable, names: Mapping[int, str], label: str) -> None:
    """Draw the figures and the table behind a button; they are made once it is opened."""
    with st.popover(
        "Labels and clusters", type="tertiary", width="content", key="labels-and-clusters", on_change="rerun"
    ) as popover:
        if not popover.open:
            return
        with st.container(horizontal=True):
            st.metric("AMI", f"{held.ami:.3f}", help="Adjusted mutual information.", width="content")
            st.metric("ARI", f"{held.ari:.3f}", help="Adjusted Rand index.", width="content")
            st.metric(
                "V-measure",
                f"{held.v_measure:.3f}",
                help="Harmonic mean of homogeneity and completeness; not corrected for chance.",
                width="content",
            )
        st.caption(
            "1 is a perfect match. AMI and ARI are 0 by chance; ARI gives large groups more weight. "
            f"Over {held.rows:,} rows with a label."
        )
        shown = slice(0, _LABELS)
        st.dataframe(
            {
                label: list(table.labels[shown]),
                **{
                    names[cluster]: table.rows[shown, place].tolist()
                    for place, cluster in enumerate(table.clusters)
                },
            },
            hide_index=True,
            key="labels-by-clusters",
            alt="Number of rows with each label in each cluster",
        )
        if len(table.labels) > _LABELS:
            st.caption(f"The {_LABELS} most frequent of {len(table.labels):,} labels.")
