"""The scorecard: every contender by every measure, and how they differ."""

from __future__ import annotations

import html
import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import streamlit as st

from explorer.comparison.measures.proxy_trials import CORPORA, TRIALS
from explorer.comparison.numbers import NO_INTERVAL, chance, figure, interval
from explorer.session.session import Session
from explorer.ui.compare.differences import show_differences
from explorer.ui.compare.figures_in_words import ordinal
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.downloads import download_table

if TYPE_CHECKING:
    from explorer.comparison.comparison import Comparison
    from explorer.comparison.contenders.failure import Failure
    from explorer.comparison.measure import Kind, Measure
    from explorer.comparison.scores import Score

_SPEED, _DIMENSIONS = "rows a second", "dimensions"
_GROUPS: dict[str, tuple[tuple[Kind, ...], str]] = {
    "Quality": (
        ("judgements", "pairs", "captions", "labels"),
        "Labels, captions and judgements by people: only these show which contender is better.",
    ),
    "Proxies": (
        ("proxy",),
        "Computed from the rows alone. They suggest which contender is better, and do not show it.",
    ),
    "Cost": (("cost",), "What each contender costs, and how much of each row it reads."),
    "Diagnosis": (
        ("diagnosis",),
        "What the vectors look like. These find faults; they do not say which contender is better.",
    ),
}


def show_scorecard(session: Session, comparison: Comparison) -> None:
    """Draw the scorecard as a table for each group of measures, then the differences."""
    scores = comparison.scores()
    # A measure that no contender has, such as the speed where all vectors came from the cache, is left out.
    measures = list(dict.fromkeys(score.measure for score in scores if not math.isnan(score.value)))
    for title, (kinds, about) in _GROUPS.items():
        own = [measure for measure in measures if measure.kind in kinds]
        if not own:
            continue
        st.header(title, anchor=False)
        st.caption(about)
        st.html(_table(comparison, own, scores))
        if title == "Proxies":
            _show_trials({measure.name for measure in own})
    if not any(measure.kind in _GROUPS["Quality"][0] for measure in measures):
        st.caption(
            "Quality is measured once there are labels, judgements or scored pairs: choose a label column on "
            "the Data page, or judge some hits."
        )
    st.caption(_legend(comparison, measures, scores))
    with st.expander("What these figures mean", icon=":material/help:"):
        for measure in measures:
            st.markdown(f"**{markdown(measure.name)}** · {markdown(measure.explanation)}")
    show_differences(session, comparison)
    name = session.corpus.name
    with st.container(horizontal=True):
        download_table("Scorecard", lambda: _arrow(comparison.scorecard), f"{name}-scorecard")
        download_table("Differences", lambda: _arrow(comparison.differences), f"{name}-differences")


def _legend(comparison: Comparison, measures: Sequence[Measure], scores: Sequence[Score]) -> str:
    """What stands in the cells of the tables of some measures, of what there is."""
    starred = any(score.rank == 1 for score in scores if _told_apart(comparison, score.measure))
    parts = [
        "Under a value is its 95 % confidence interval, where the measure has one. The rank is 1 plus the "
        f"number of contenders that are significantly better{'; ★ marks the first' if starred else ''}."
    ]
    if any(score.by_chance for score in scores):
        parts.append("What is no better than chance, as far as its interval tells, has no rank.")
    parts.append(
        "A dash in place of an interval: there are too few units for one, or none of them differ. A dash in "
        "place of a value: the contender does not have this measure."
    )
    if any(_not_measured(score, scores) for score in scores if score.measure in measures):
        parts.append(f"{_NOT_MEASURED[0].upper()}{_NOT_MEASURED[1:]}.")
    return " ".join(parts)


def _told_apart(comparison: Comparison, measure: Measure) -> bool:
    return any(each.better is not None for each in comparison.found if each.measure == measure)


def _not_measured(score: Score, scores: Sequence[Score]) -> bool:
    """Whether it is a speed that is not known although there are vectors: nothing was encoded."""
    return (
        score.measure.name == _SPEED
        and math.isnan(score.value)
        and any(
            other.contender == score.contender
            and other.measure.name == _DIMENSIONS
            and not math.isnan(other.value)
            for other in scores
        )
    )


def _whole(share: float) -> str:
    """A share that is known to whole percentages only, as those of the trials are."""
    return f"{100 * share:.0f} %"


def _show_trials(shown: Collection[str]) -> None:
    """Draw how often the proxies were right on corpora whose labels are known."""
    lines = "".join(
        f'<tr><th scope="row" style="{_NAME}">{html.escape(trial.proxy)}</th>'
        f'<td style="{_CELL}">{_whole(trial.share)}<div style="{_SMALL}">{_whole(trial.low)} to '
        f"{_whole(trial.high)}</div></td>"
        + "".join(f'<td style="{_CELL}">{_whole(share)}</td>' for share in trial.by_corpus)
        + "</tr>"
        for trial in TRIALS
        if trial.proxy in shown
    )
    if not lines:
        return
    head = "".join(
        f'<th style="{_HEAD}">{html.escape(name)}</th>' for name in ("pairs ordered as by labels", *CORPORA)
    )
    with st.expander("How often these proxies were right", icon=":material/fact_check:"):
        st.caption(
            f"Of {TRIALS[0].pairs:,} pairs of encoders that labels told apart, on four labelled corpora, the "
            "share that the proxy ordered as the labels did; a coin has 50 %. They fail where labels are not "
            "about the subject, such as parts of speech. `python -m benchmarks.proxies` repeats it."
        )
        st.html(_scrolling(f'<th style="{_NAME}">proxy</th>{head}', lines))


def _arrow(frame: object) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def _table(comparison: Comparison, measures: Sequence[Measure], scores: Sequence[Score]) -> str:
    """The table of a group of measures; wide ones scroll sideways beside the names."""
    at = {(score.contender, score.measure): score for score in scores}
    told_apart = {measure: _told_apart(comparison, measure) for measure in measures}
    not_measured = {(score.contender, score.measure) for score in scores if _not_measured(score, scores)}
    head = "".join(
        f'<th style="{_HEAD}" title="{_about(measure)}">{_title(measure)}</th>' for measure in measures
    )
    lines = []
    for place, name in enumerate(comparison.names):
        cells = "".join(
            _cell(
                at.get((place, measure)),
                comparison.failure(place, measure.kind),
                told_apart=told_apart[measure],
                not_measured=(place, measure) in not_measured,
            )
            for measure in measures
        )
        lines.append(f'<tr><th scope="row" style="{_NAME}">{html.escape(name)}</th>{cells}</tr>')
    return _scrolling(f'<th style="{_NAME}">contender</th>{head}', "".join(lines))


def _scrolling(head: str, lines: str) -> str:
    """A table that scrolls sideways if it is wide."""
    return (
        f'<div style="overflow-x: auto" tabindex="0" role="group" aria-label="Table, scrolls sideways">'
        f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'
    )


def _title(measure: Measure) -> str:
    arrow = {True: "\u00a0↑", False: "\u00a0↓", None: ""}[measure.better]
    below = "".join(
        f'<div style="{_SMALL}; font-weight: 400; min-width: 7rem">{html.escape(one)}</div>'
        for one in (measure.plain, chance(measure))
        if one
    )
    return f"{html.escape(measure.name)}{arrow}{below}"


def _about(measure: Measure) -> str:
    better = {True: "Higher is better.", False: "Lower is better.", None: ""}[measure.better]
    return html.escape(" ".join(filter(None, (better, measure.about))), quote=True)


def _cell(score: Score | None, failure: Failure | None, *, told_apart: bool, not_measured: bool) -> str:
    if score is None or math.isnan(score.value):
        if failure is not None:
            why = html.escape(str(failure.error), quote=True)
            return f'<td style="{_CELL}"><span title="{why}" style="{_FAILED}">failed</span></td>'
        if not_measured:
            return f'<td style="{_CELL}; {_SMALL}" title="{_NOT_MEASURED}">not measured</td>'
        return f'<td style="{_CELL}"><span title="It does not have this measure.">–</span></td>'
    ends = interval(score.low, score.high)
    small = [ends] if ends else [f'<span title="{NO_INTERVAL}" style="cursor: help">–</span>'] * score.too_few
    first = told_apart and score.rank == 1
    if score.rank is not None:
        small.append(f"{'★ ' if first else ''}{ordinal(score.rank)}")
    if score.by_chance:
        small.append("no better than chance")
    weight = "700" if first else "400"
    lines = "".join(f'<div style="{_SMALL}">{one}</div>' for one in small)
    value = figure(score.measure, score.value)
    return f'<td style="{_CELL}"><span style="font-weight: {weight}">{value}</span>{lines}</td>'


_NOT_MEASURED = "not measured: the vectors were stored already, so that nothing was encoded"
_LINE = "1px solid color-mix(in srgb, currentColor 20%, transparent)"
_PAGE = "light-dark(#fff, #171614)"  # Streamlit's background, which it has in no variable
_TABLE = "border-collapse: collapse; font-variant-numeric: tabular-nums"
_HEAD = (
    f"text-align: right; padding: .3rem .7rem; border-bottom: {_LINE}; font-weight: 600; cursor: help;"
    " max-width: 11rem; vertical-align: top"
)
_NAME = (
    f"text-align: left; padding: .3rem .7rem .3rem 0; border-bottom: {_LINE}; font-weight: 600;"
    f" position: sticky; left: 0; background: {_PAGE}; max-width: 11rem; min-width: 7rem;"
    " overflow-wrap: anywhere"
)
_CELL = (
    f"text-align: right; padding: .3rem .7rem; border-bottom: {_LINE}; vertical-align: top;"
    " white-space: nowrap"
)
_FAILED = "font-weight: 600; text-decoration: underline dotted; cursor: help"
_SMALL = "font-size: .8em; opacity: .8"
