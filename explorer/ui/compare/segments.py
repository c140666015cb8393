"""Which contender is better on which rows: differences by label, length, script or another column."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pyarrow as pa
import streamlit as st

from explorer.session.session import Session
from explorer.ui.compare.pair import Pair, choose_pair
from explorer.ui.compare.segment_table import segment_html
from explorer.ui.compare.window_width import is_narrow, watch_width
from explorer.ui.shell.job_progress import analysis_lane, session_result_or_progress
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.downloads import download_table
from explorer.ui.widgets.linked_choice import linked_choice

if TYPE_CHECKING:
    from explorer.comparison.comparison import Comparison
    from explorer.comparison.measure import Measure, UnitValues
    from explorer.comparison.measures.segments import SegmentDifference
    from explorer.jobs.progress import OnProgress

_MEASURE, _COLUMN, _PAIR = "compare-segment-measure", "compare-segments", "compare-segment-pair"
_OF_ROWS = ("captions", "labels", "proxy")  # kinds of measures whose units are rows
_ABOUT_PAIR = (
    "First come the contender with the best value and the best of those that are significantly worse, or the "
    "two best if none is."
)
_MOST_NAMED = 6  # segments named in a sentence


def show_segments(session: Session, comparison: Comparison) -> None:
    """Draw how two contenders differ in each segment of the rows."""
    measured = _measures_of_rows(comparison)
    if not measured:
        st.info(
            "No measure has a value for each row yet. Choose a label column on the Data page, or open rows "
            "with longer texts.",
            icon=":material/info:",
        )
        return
    columns = _columns_or_progress(session, comparison)
    if columns is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = _choose("Measure", list(measured), _MEASURE, 240, "What is compared, row by row.")
        column = _choose(
            "Rows by",
            columns,
            _COLUMN,
            220,
            "The values of this column are the segments. Numbers with many values, and the length of the "
            "text in characters, are divided into thirds. Rows in several scripts, such as Latin and "
            "Cyrillic, can be divided by them, which tells languages apart that are written differently.",
        )
        values = measured[name]
        pairs = _pairs(comparison, values)
        pair = choose_pair(comparison, pairs, key=_PAIR, about=_ABOUT_PAIR)
    found = _differences_or_progress(session, comparison, values, pair, column)
    if found is None:
        return
    names = (comparison.names[pair[0]], comparison.names[pair[1]])
    st.markdown(segments_in_words(found, names, values.measure))
    if values.measure.kind == "proxy":
        st.caption("The measure is a proxy: it suggests which contender is better, and does not show it.")
    narrow = is_narrow()
    watch_width(narrow=narrow)
    st.html(segment_html(found, names, values.measure, narrow=narrow))
    st.caption(
        f"Differences in {markdown(values.measure.in_sentence)}, {markdown(names[0])} − "
        f"{markdown(names[1])}, with 95 % confidence intervals. P-values are of the paired permutation test, "
        "adjusted by Holm for all segments; two contenders differ if p is below 0.05 and the interval "
        f"excludes zero. {markdown(values.measure.meaning)}"
    )
    download_table("Segments", lambda: _table(found, names, column), f"{session.corpus.name}-segments")


def segments_in_words(found: tuple[SegmentDifference, ...], names: tuple[str, str], measure: Measure) -> str:
    """Who is better where, in a sentence of Markdown.

    Args:
        found: The differences.
        names: The two contenders, other people's text.
        measure: What they differ in.
    """
    won: dict[str, list[str]] = {name: [] for name in names}
    for each in found:
        winner = each.better(measure)
        if winner is not None:
            won[names[winner]].append(each.segment)
    told = [
        f"**{markdown(name)}** is better on: {_listed(segments)}."
        for name, segments in won.items()
        if segments
    ]
    if not told:
        return "No segment shows a difference: the two cannot be told apart in any."
    if sum(map(len, won.values())) < len(found):
        told.append("Elsewhere they cannot be told apart.")
    return " ".join(told)


def _listed(segments: list[str]) -> str:
    shown = ", ".join(markdown(segment) for segment in segments[:_MOST_NAMED])
    rest = len(segments) - _MOST_NAMED
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def _measures_of_rows(comparison: Comparison) -> dict[str, UnitValues]:
    """Measures with a value for each row that two contenders have; that of the verdict first."""
    from explorer.comparison.measure import UnitValues

    found = {
        values.measure.name: values
        for values in comparison.values
        if isinstance(values, UnitValues)
        and values.measure.kind in _OF_ROWS
        and values.measure.comparable
        and len(comparison.best_first(values.measure)) > 1
    }
    basis = comparison.verdict.basis
    return dict(sorted(found.items(), key=lambda each: each[1].measure != basis))


def _pairs(comparison: Comparison, values: UnitValues) -> list[Pair]:
    """The pairs of contenders with a measure: that of `telling_pair`, then those with the best values."""
    from explorer.comparison.statistics.differences import telling_pair

    pairs = combinations(comparison.best_first(values.measure), 2)
    telling = telling_pair(values, comparison.found)
    return sorted(pairs, key=lambda pair: pair != telling)


def _choose(label: str, options: list[str], key: str, width: int, about: str) -> str:
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)  # of other rows
    return linked_choice(label, {name: name for name in options}, key=key, width=width, help=about)


def _columns_or_progress(session: Session, comparison: Comparison) -> list[str] | None:
    corpus = comparison.corpus

    def work(_report: OnProgress) -> list[str]:
        from explorer.comparison.measures.segments import segment_columns

        return list(segment_columns(corpus))

    key = ("segment columns", corpus.fingerprint, corpus.text, corpus.label, session.visitor)
    return session_result_or_progress(session, key, "Looking for columns", work, here=True)


def _differences_or_progress(
    session: Session, comparison: Comparison, values: UnitValues, pair: Pair, column: str
) -> tuple[SegmentDifference, ...] | None:
    corpus, seed = comparison.corpus, comparison.seed

    def work(_report: OnProgress) -> tuple[SegmentDifference, ...]:
        from explorer.comparison.measures.segments import segment_differences, segments

        return segment_differences(values, *pair, segments(corpus, column), seed=seed)

    contenders = tuple(contender.fingerprint for contender in comparison.contenders)
    made_from = (comparison.k, seed, comparison.grouped_by, comparison.views)
    key = (
        "segments",
        contenders,
        made_from,
        values.measure.name,
        pair,
        column,
        corpus.label,
        session.visitor,
    )
    return session_result_or_progress(
        session, key, "Comparing segments", work, lane=analysis_lane(len(corpus)), here=True
    )


def _table(found: tuple[SegmentDifference, ...], names: tuple[str, str], column: str) -> pa.Table:
    figures = ("difference", "low", "high", "p", "p_holm")
    return pa.table(
        {
            "column": [column] * len(found),
            "segment": [each.segment for each in found],
            "first": [names[0]] * len(found),
            "second": [names[1]] * len(found),
            "n": [each.n for each in found],
        }
        | {name: pa.array([getattr(each, name) for each in found], pa.float64()) for name in figures}
    )
