"""How far the contenders agree with each other, as a heatmap of all pairs."""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import streamlit as st

from explorer.session.session import Session
from explorer.ui.compare.figures_in_words import signed
from explorer.ui.compare.pair import PAIR, choose_pair, pair_word, pairs_by_agreement
from explorer.ui.compare.rows import show_rows_of_pair
from explorer.ui.shell.job_progress import session_result_or_progress
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.downloads import download_table
from explorer.ui.widgets.figure_words import heatmap_words
from explorer.ui.widgets.linked_choice import linked_choice

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from numpy.typing import NDArray
    from streamlit.elements.lib.column_types import ColumnConfig

    from explorer.comparison.agreement.calibration import Agreement
    from explorer.comparison.comparison import Comparison

    Matrix = NDArray[np.float64]

_MEASURE, _FIGURE, _HEATMAP = "compare-agreement", "compare-figure", "compare-heatmap"
_K = "compare-agreement-k"
_VALUE, _BEYOND = "Value", "Beyond chance"
_NAMES = {
    "jaccard": "Neighbours (Jaccard)",
    "rbo": "Ranked neighbours (RBO)",
    "cka": "Similarities (debiased CKA)",
    "procrustes": "Vectors (Procrustes)",
    "ari": "Clusters (ARI)",
}
_NAMED = 3  # contenders up to which the axes have room for names on a phone
_NAME_CHARS, _NAME_LINES = 14, 3
_CELL_PIXELS, _CELL_WIDTH = 88, 190
_MARGIN_PIXELS, _WIDTH = 130, 900  # of the names; the most in all
_SCALE = "Cividis"
# Above this share of the scale black is easier to read on Cividis than white: 4.5 : 1 at least on both sides.
_LIGHT = 0.465


def show_agreement(session: Session, comparison: Comparison) -> None:
    """Draw how far each pair agrees by a chosen measure, and lead to the rows behind a pair."""
    there = {word: name for word, name in _NAMES.items() if word in comparison.agreements}
    if not there:
        st.info("The file has no agreement of its contenders.", icon=":material/info:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        word = linked_choice(
            "Agreement of", there, key=_MEASURE, width=260, help="In what two contenders are compared."
        )
        figure = st.segmented_control(
            "Figure",
            [_VALUE, _BEYOND],
            default=_VALUE,
            required=True,
            key=_FIGURE,
            bind="query-params",
            help="Beyond chance: 1 is perfect agreement, 0 or less is what permuted rows give. It is "
            "(value − q) / (1 − q), with q the 95 % quantile of the value when the rows of one contender "
            "are permuted (arXiv 2602.14486).",
        )
    k = _choose_k(comparison) if word == "jaccard" else comparison.k
    found = _agreement_or_progress(session, comparison, word, k)
    if found is None:
        return
    measure = found.measure
    rows = f"{found.rows:,} {'row' if found.rows == 1 else 'rows'}"
    nearest = f", {k} neighbours each" if word in ("jaccard", "rbo") else ""
    st.caption(
        f"**{markdown(measure.name)}** of {rows}{nearest}. {markdown(measure.meaning)} "
        f"*{markdown(measure.source)}*. Chance is its mean when the rows of one contender are permuted. "
        "Agreement is not quality: two contenders can agree and both be wrong."
    )
    if len(comparison.names) > _NAMED:
        numbered = (f"**{at}** {markdown(name)}" for at, name in enumerate(comparison.names, start=1))
        st.markdown(" · ".join(numbered))
    names = comparison.names
    st.plotly_chart(
        agreement_figure(found, comparison.names, beyond_chance=figure == _BEYOND),
        key=_HEATMAP,
        width=min(_MARGIN_PIXELS + _CELL_WIDTH * len(names), _WIDTH),
        on_select=lambda: _take_clicked(comparison),
        selection_mode="points",
        config={"displayModeBar": False},
        alt=heatmap_words(f"{measure.name} of pairs of contenders", found.value, names, names),
    )
    st.dataframe(agreement_table(found, comparison.names), hide_index=True, column_config=_columns())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pair = choose_pair(
            comparison,
            pairs_by_agreement(comparison),
            key=PAIR,
            about="The pair that agrees least on neighbours comes first. A click on a cell chooses its pair.",
        )
        st.button(
            "Show the rows where they differ",
            type="primary",
            icon=":material/table_rows:",
            on_click=show_rows_of_pair,
            args=(pair_word(comparison, pair),),
        )
        download_table("Agreement", lambda: _all_measures(comparison), f"{session.corpus.name}-agreement")


def _choose_k(comparison: Comparison) -> int:
    """Draw the number of neighbours to compare, up to those that the comparison has."""
    most = comparison.neighbors.shape[2]
    if most < 2:
        return comparison.k
    chosen: int = st.slider(
        "Neighbours (k)",
        1,
        most,
        min(comparison.k, most),
        key=f"{_K}-{comparison.k}-{most}",
        width=260,
        help="How many of a row's nearest rows are compared. All other figures have the k of the options.",
    )
    return chosen


def _agreement_or_progress(session: Session, comparison: Comparison, word: str, k: int) -> Agreement | None:
    """The agreement with the k of the comparison, which is there, or with another."""
    if k == min(comparison.k, comparison.neighbors.shape[2]):
        return comparison.agreement(word)
    fingerprints = tuple(contender.fingerprint for contender in comparison.contenders)
    return session_result_or_progress(
        session,
        ("agreement by k", session.visitor, session.corpus.fingerprint, fingerprints, comparison.seed, k),
        f"Comparing {k} neighbours",
        lambda on_progress: comparison.agreement(word, k, on_progress=on_progress),
        here=True,
    )


def agreement_figure(found: Agreement, names: Sequence[str], *, beyond_chance: bool) -> go.Figure:
    """Draw the agreement of all pairs, each cell with its figures; cells are points that can be clicked.

    Args:
        found: The agreement.
        names: The names of the contenders, other people's text.
        beyond_chance: Whether colours and large figures are the calibrated values.
    """
    import plotly.graph_objects as go

    shown, other, said = (
        (found.calibrated, found.value, "value") if beyond_chance else (found.value, found.chance, "chance")
    )
    places = range(len(names))
    figure = go.Figure(
        go.Heatmap(
            z=shown,
            zmin=0,
            zmax=1,
            colorscale=_SCALE,
            xgap=2,
            ygap=2,
            text=[[_cell(shown, other, said, first, second) for second in places] for first in places],
            texttemplate="%{text}",
            textfont={"size": 13},
            hoverinfo="skip",
            colorbar={"thickness": 12, "tickvals": [0, 0.5, 1]},
            showscale=len(names) > _NAMED,
        )
    )
    across, down = np.meshgrid(places, places)
    # Streamlit reports no clicks on heatmaps, but on invisible points over them.
    figure.add_trace(
        go.Scatter(
            x=across.ravel(),
            y=down.ravel(),
            text=[_hover(found, names, first, second) for first in places for second in places],
            mode="markers",
            marker={"symbol": "square", "size": 24, "opacity": 0},
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    )
    ticks = [_wrapped(name) for name in names] if len(names) <= _NAMED else [str(at + 1) for at in places]
    axis = {"tickvals": list(places), "ticktext": ticks, "showgrid": False, "zeroline": False, "tickangle": 0}
    figure.update_layout(
        height=_CELL_PIXELS * len(names) + 70,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        xaxis={**axis, "fixedrange": True, "range": [-0.5, len(names) - 0.5]},
        yaxis={**axis, "fixedrange": True, "range": [len(names) - 0.5, -0.5]},
        clickmode="event+select",
        dragmode=False,
        hoverdistance=-1,
    )
    return figure


def _cell(shown: Matrix, other: Matrix, said: str, first: int, second: int) -> str:
    """The figures in a cell; their colour is that of a span, which the style sheet does not override."""
    value = float(shown[first, second])
    if math.isnan(value):
        return "–"
    small = "" if first == second else f"<br>{said} {_number(float(other[first, second]))}"
    return f'<span style="color: {text_colour(value)}"><b>{_number(value)}</b>{small}</span>'


def text_colour(value: float) -> str:
    """The colour of figures on a cell of some value."""
    return "#000000" if value > _LIGHT else "#FFFFFF"


def agreement_table(found: Agreement, names: Sequence[str]) -> pa.Table:
    """All pairs by one measure, those that agree least first, pairs without a value last."""
    count = len(names)
    pairs = [(first, second) for first in range(count) for second in range(first + 1, count)]
    pairs.sort(key=lambda pair: (math.isnan(found.value[pair]), found.value[pair]))
    columns = {"value": found.value, "chance": found.chance, "beyond chance": found.calibrated}
    return pa.table(
        {
            "first": [names[first] for first, _ in pairs],
            "second": [names[second] for _, second in pairs],
        }
        | {name: pa.array([float(matrix[pair]) for pair in pairs]) for name, matrix in columns.items()}
    )


def _all_measures(comparison: Comparison) -> pa.Table:
    tables = []
    for found in comparison.agreements.values():
        table = agreement_table(found, comparison.names)
        tables.append(table.add_column(0, "measure", pa.array([found.measure.name] * len(table))))
    return pa.concat_tables(tables)


def _columns() -> dict[str, ColumnConfig]:
    about = {
        "value": "The measure as it is; 1 is perfect agreement.",
        "chance": "The mean of the measure when the rows of one contender are permuted.",
        "beyond chance": "1 is perfect agreement, 0 or less is what permuted rows give.",
    }
    return {name: st.column_config.NumberColumn(format="%.3f", help=help) for name, help in about.items()}


def _take_clicked(comparison: Comparison) -> None:
    """Choose the pair of the cell that was clicked."""
    place = next(iter(st.session_state[_HEATMAP].selection.point_indices), None)
    if place is None:
        return
    first, second = sorted(divmod(place, len(comparison.names)))
    if first != second:
        st.session_state[PAIR] = pair_word(comparison, (first, second))


def _hover(found: Agreement, names: Sequence[str], first: int, second: int) -> str:
    pair = " and ".join(dict.fromkeys(html.escape(names[place]) for place in (first, second)))
    if math.isnan(found.value[first, second]):
        return f"{pair}<br>One of them does not have this measure."
    lines = [pair, f"value <b>{_number(found.value[first, second])}</b>"]
    if first != second:
        spread = _number(found.spread[first, second], 3)
        lines += [
            f"chance {_number(found.chance[first, second])} (standard deviation {spread})",
            f"beyond chance {_number(found.calibrated[first, second])}",
        ]
    return "<br>".join(lines)


def _number(value: float, places: int = 2) -> str:
    return "–" if math.isnan(value) else signed(value, places, plus=False)


def _wrapped(name: str) -> str:
    lines = textwrap.wrap(name, _NAME_CHARS, max_lines=_NAME_LINES, placeholder="…")
    return "<br>".join(map(html.escape, lines))
