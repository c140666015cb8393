"""What an evaluation found: figures, thresholds, notes, and the worst cases first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import streamlit as st

from explorer.comparison.numbers import figure as written
from explorer.comparison.numbers import interval, number, units, with_interval
from explorer.comparison.statistics.inference import FEWEST_GROUPS
from explorer.data.tables.values import shortened
from explorer.jobs.progress import OnProgress
from explorer.numbers import percent
from explorer.session.session import Session
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.downloads import download_table
from explorer.ui.widgets.log_to_mlflow import offer_logging
from explorer.ui.widgets.offer_page import Chosen, PageOffer, offer_page

if TYPE_CHECKING:
    import pandas as pd
    from streamlit.elements.lib.column_types import ColumnConfig

    from explorer.evaluation.duplicates import DuplicateEvaluation
    from explorer.evaluation.published import Published
    from explorer.evaluation.report.kinds import Evaluated
    from explorer.tracking.runs import Logged


_SHOWN = 50  # cases
_CHARS = 300  # of a text in a cell


def show_evaluation(session: Session, found: Evaluated, material: str, name: str) -> None:
    """Draw what was measured of an encoder.

    Args:
        session: The session.
        found: What was found.
        material: What it was evaluated on, as a sentence.
        name: The beginning of the names of files.
    """
    from explorer.evaluation.duplicates import DuplicateEvaluation
    from explorer.evaluation.report.kinds import KINDS, worst_cases

    first, kind = found.figures[0], KINDS[type(found)]
    st.markdown(f"**{markdown(found.encoder)}** · {units(first.measure, first.n, first.independent)}")
    _show_figures(found, kind.units)
    if isinstance(found, DuplicateEvaluation):
        _show_thresholds(found)
    for note in found.notes:
        st.caption(markdown(note))
    with st.container(horizontal=True):
        _offer_page(session, found, material, name)
        _offer_logging(session, found)
    with st.expander("What these figures mean", icon=":material/help:"):
        for each in found.figures:
            st.markdown(f"**{markdown(each.measure.name)}** · {markdown(each.measure.explanation)}")
    st.header("Worst cases first", anchor=False)
    st.caption(kind.order)
    worst = worst_cases(found, _SHOWN)
    if worst.empty:
        st.markdown(":material/check: There are none.")
        return
    st.dataframe(
        _shortened(worst),
        hide_index=True,
        column_order=kind.columns,
        column_config=_columns(worst),
        placeholder="–",
        alt="The worst cases, worst first",
    )
    if len(worst) == _SHOWN:
        st.caption(f"The first {_SHOWN}; the file has all.")
    most = first.n
    download_table(
        "Cases",
        lambda: pa.Table.from_pandas(worst_cases(found, most), preserve_index=False),
        f"{name}-cases",
        about="The worst cases first, with whole texts.",
    )


def _offer_page(session: Session, found: Evaluated, material: str, name: str) -> None:
    def make(chosen: Chosen, _on_progress: OnProgress) -> bytes:
        from explorer.evaluation.report.report import evaluation_page

        return evaluation_page(found, texts=chosen.texts, material=material)

    offer_page(
        session,
        PageOffer(
            "evaluation",
            "Evaluation report (HTML)",
            name,
            make,
            holds="Figures with their intervals, what they mean, what was evaluated, and the Python lines "
            "that repeat it.",
            texts="The worst cases, with the beginning of their texts.",
        ),
    )


def _offer_logging(session: Session, found: Evaluated) -> None:
    def log(name: str, texts: bool, on_progress: OnProgress) -> Logged:
        from explorer.tracking.evaluations import log_evaluation

        return log_evaluation(found, name, texts=texts, on_progress=on_progress)

    offer_logging(
        session,
        "evaluation",
        "Logging the evaluation to MLflow",
        log,
        about="A run in the host’s MLflow, with the encoder, the figures with intervals and a plot.",
        texts="The cases, worst first, with their whole texts.",
    )


def _show_figures(found: Evaluated, what: str) -> None:
    lines = {
        "measure": [each.measure.name for each in found.figures],
        "value": [written(each.measure, each.value) for each in found.figures],
        "95 % interval": [interval(each.low, each.high, too_few=True) for each in found.figures],
        "n": [each.n for each in found.figures],
    }
    if any(each.published for each in found.figures):
        lines["published"] = ["; ".join(map(_source, each.published)) for each in found.figures]
        lines["beside it"] = ["; ".join(map(_beside, each.published)) for each in found.figures]
    st.dataframe(lines, hide_index=True, height="content", alt="Figures with their intervals")
    first = found.figures[0]
    if np.isnan(first.low) and not np.isnan(first.value):
        st.caption(f"– is no interval: it takes {FEWEST_GROUPS} or more independent {what}.")


def _source(published: Published) -> str:
    split = f", {published.split}" if published.split else ""
    return f"{published.written} ({published.metric}{split})"


def _beside(published: Published) -> str:
    if not published.differs:
        return "the same but for rounding"
    return f"differs by more than rounding, {number(published.difference, 4, plus=True)}"


def _show_thresholds(found: DuplicateEvaluation) -> None:
    wanted = f"precision of {percent(found.wanted_precision)} or more"
    at = {"best F1": found.at_best_f1}
    if found.at_precision is None:
        st.warning(f"No threshold has a {wanted}.", icon=":material/warning:")
    else:
        at[wanted] = found.at_precision
    st.dataframe(
        {
            "threshold with": list(at),
            "similarity": [number(each.value, 4) for each in at.values()],
            "precision": [
                with_interval(each.precision, each.precision_low, each.precision_high) for each in at.values()
            ],
            "recall": [with_interval(each.recall, each.recall_low, each.recall_high) for each in at.values()],
            "pairs": [each.pairs for each in at.values()],
        },
        hide_index=True,
        height="content",
        alt="Thresholds of similarity, with precision and recall",
    )


def _shortened(cases: pd.DataFrame) -> pd.DataFrame:
    """The cases with long texts cut: a cell shows only their beginning."""
    texts = [name for name in cases if isinstance(cases[name].iloc[0], str)]
    return cases.assign(**{name: [_cut(text) for text in cases[name]] for name in texts})


def _cut(text: object) -> object:
    return shortened(text, _CHARS) if isinstance(text, str) else text


def _columns(cases: pd.DataFrame) -> dict[str, ColumnConfig]:
    """What the columns are called, and how their numbers are written."""
    number_column, column = st.column_config.NumberColumn, st.column_config.Column
    return {
        name: number_column(name.replace("_", " "), format="%.3f")
        if cases[name].dtype.kind == "f"
        else column(name.replace("_", " "))
        for name in cases
    }
