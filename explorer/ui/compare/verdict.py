"""The verdict, as the first thing one reads."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from explorer.session.session import Session
from explorer.ui.compare.comparing import compare_again
from explorer.ui.compare.vectors import vectors_known
from explorer.ui.shell.text import markdown, show_error

if TYPE_CHECKING:
    from explorer.comparison.comparison import Comparison
    from explorer.comparison.contenders.failure import Failure

_DECIDED_BY = {
    "judgements": "Decided by {} on the judged queries.",
    "pairs": "Decided by {} on the scored pairs.",
    "captions": "Decided by {} on the captions.",
    "labels": "Decided by {} on the labels.",
    "proxy": "Based on {}, a proxy: it suggests which is better and does not show it.",
}


def show_verdict(session: Session, comparison: Comparison) -> None:
    """Draw the verdict, what it is based on, who shares the first rank, who failed, and what was left out."""
    found, called = comparison.verdict, session.comparison.name
    first = " · ".join(html.escape(name) for name in found.best)
    lines = [f'<div style="overflow-wrap: anywhere">{html.escape(called)}</div>'] if called else []
    lines.append(f'<div style="{_VERDICT}">{html.escape(found.headline)}</div>')
    if found.details:
        lines.append(f'<div style="{_LINE}">{html.escape(found.details)}</div>')
    if found.basis is not None and len(found.best) < len(comparison.best_first(found.basis)):
        label = "First rank" if len(found.best) == 1 else "Share the first rank"
        lines.append(f'<div style="{_LINE}">★ {label}: <b>{first}</b></div>')
    if found.basis is not None:
        basis = _DECIDED_BY[found.basis.kind].format(html.escape(found.basis.in_sentence))
        proxy = f'<span style="{_BADGE}">proxy</span> ' if found.basis.kind == "proxy" else ""
        about = html.escape(found.basis.about, quote=True)
        lines.append(f'<div style="{_LINE}" title="{about}">{proxy}{basis}</div>')
    with st.container(border=True):
        st.html("".join(lines))
    _show_failures(session, comparison)
    for note in comparison.notes:
        st.caption(markdown(note))


def _show_failures(session: Session, comparison: Comparison) -> None:
    """Draw why contenders have no figures of a kind; once for all that failed for the same reason."""
    alike: dict[tuple[str, str], list[Failure]] = {}
    for failure in comparison.failures:
        alike.setdefault((failure.figures, str(failure.error)), []).append(failure)
    if not alike:
        return
    with st.container(border=True, key="compare-failures"):
        for (figures, _), failures in alike.items():
            names = ", ".join(comparison.names[failure.contender] for failure in failures)
            st.markdown(f"Failed on {figures}, and without figures for them: **{markdown(names)}**")
            show_error(failures[0].error)
        if vectors_known(comparison.contenders):
            st.button(
                "Try again",
                key="compare-again",
                icon=":material/refresh:",
                help="Compares again. What was encoded is kept.",
                on_click=compare_again,
                args=(session,),
            )


_VERDICT = "font-size: 1.3rem; font-weight: 600; line-height: 1.4; overflow-wrap: anywhere"
_LINE = "margin-top: .4rem; overflow-wrap: anywhere"
_BADGE = "border: 1px solid currentColor; border-radius: 1rem; padding: 0 .5rem; font-size: .85em"
