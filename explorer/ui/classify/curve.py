"""How many examples are enough: the learning curve as a figure, a table and a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import streamlit as st

from explorer.classification.learning_curve import DRAWS, LITTLE, LearningCurve, learning_curve
from explorer.numbers import percent
from explorer.ui.shell.job_progress import analysis_lane, result_or_progress
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.figure_table import figure_table
from explorer.ui.widgets.figures import BLUE

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go
    from numpy.typing import NDArray

    from explorer.session.session import Session
    from explorer.ui.widgets.shown_rows import ShownRows

MOST_ROWS = 20_000
"""Of more rows, near-copies take minutes to find, and each draw of the curve seconds."""
_BAND = "rgba(0, 114, 178, 0.2)"  # the colour of the line
_HEIGHT = 300


def show_curve(session: Session, shown_rows: ShownRows, groups: NDArray[np.int64]) -> None:
    """Draw how accuracy grows with examples, once it is asked for."""
    corpus = shown_rows.space.corpus
    with st.expander("How many examples are enough?", key="curve", on_change="rerun") as part:
        if not part.open:
            return
        if len(corpus) > MOST_ROWS:
            st.info(
                f"Choose at most {MOST_ROWS:,} rows by filters or a selection.",
                icon=":material/timeline:",
            )
            return
        labels = corpus.labels or []
        found = result_or_progress(
            session,
            ("learning curve", shown_rows.key, corpus.label),
            "Learning from examples",
            lambda report: learning_curve(shown_rows.space, labels, groups=groups, on_progress=report),
            lane=analysis_lane(len(corpus)),
            here=True,
        )
        if found is not None:
            _show_found(found)


def _answer(found: LearningCurve) -> str:
    """How many examples are enough, in a sentence."""
    sizes, means = found.sizes, found.means
    if len(sizes) == 1:
        return "The labels have too few rows to tell: only one example of each could be tried."
    if found.enough is not None:
        reached = percent(float(means[sizes.index(found.enough)]))
        return (
            f"After about {found.enough:,} of each label, with an accuracy of {reached}, more examples help "
            f"little: less than {100 * LITTLE:.0f} point for twice as many."
        )
    gain = 100 * float(means[-1] - means[-2])
    return (
        f"Up to {sizes[-1]:,} of each label, more examples help: from {sizes[-2]:,} to {sizes[-1]:,}, "
        f"accuracy still rises by {gain:.1f} points."
    )


def _show_found(found: LearningCurve) -> None:
    told = _answer(found)
    st.markdown(f"**{told}**")
    if len(found.sizes) > 1:
        st.plotly_chart(
            _figure(found),
            key="curve-figure",
            config={"displayModeBar": False},
            alt=f"{_words(found)} {told}",
        )
    figure_table("curve-table", "Accuracy by the number of examples", lambda: _table(found))
    left_out = f" Left out, with fewer than four rows: {', '.join(found.left_out)}." if found.left_out else ""
    st.caption(
        f"Logistic regression learned from random examples of {found.labels:,} labels, {DRAWS} times each, "
        f"and was tested on the other rows. The line is the mean, the band from the lowest to the highest."
        f"{markdown(left_out)}"
    )


def _words(found: LearningCurve) -> str:
    first, last = (percent(float(found.means[at])) for at in (0, -1))
    return (
        f"Accuracy by the number of examples of each label: from {first} with {found.sizes[0]:,} to {last} "
        f"with {found.sizes[-1]:,}."
    )


def _figure(found: LearningCurve) -> go.Figure:
    """Draw the mean accuracy by the number of examples, and its spread as a band."""
    import plotly.graph_objects as go

    sizes, spread = list(found.sizes), 100 * found.spread
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    figure = go.Figure(
        [
            go.Scatter(x=sizes, y=spread[:, 1], **edge),
            go.Scatter(x=sizes, y=spread[:, 0], fill="tonexty", fillcolor=_BAND, **edge),
            go.Scatter(
                x=sizes,
                y=100 * found.means,
                mode="lines+markers",
                line_color=BLUE,
                customdata=spread,
                hovertemplate="%{x:,} examples: %{y:.1f} %<br>"
                "%{customdata[0]:.1f} % to %{customdata[1]:.1f} %<extra></extra>",
            ),
        ]
    )
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        dragmode=False,
        showlegend=False,
        xaxis={
            "title": "examples of each label",
            "type": "log",
            "tickvals": sizes,
            "ticktext": [f"{size:,}" for size in sizes],
            "fixedrange": True,
        },
        yaxis={"title": "accuracy", "ticksuffix": " %", "rangemode": "tozero", "fixedrange": True},
    )
    return figure


def _table(found: LearningCurve) -> pa.Table:
    return pa.table(
        {
            "examples of each label": list(found.sizes),
            "accuracy": found.means,
            "lowest": found.spread[:, 0],
            "highest": found.spread[:, 1],
        }
    )
