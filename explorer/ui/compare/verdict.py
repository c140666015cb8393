"""The verdict, as the first thing one reads."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from explorer.ui.shell.text import markdown

if TYPE_CHECKING:
    from explorer.comparison.comparison import Comparison

_DECIDED_BY = {
    "judgements": "Decided by {} on the judged queries.",
    "pairs": "Decided by {} on the scored pairs.",
    "labels": "Decided by {} on the labels.",
    "proxy": "Based on {}, a proxy: it suggests which is better and does not show it.",
}


def show_verdict(comparison: Comparison, called: str = "") -> None:
    """Draw the verdict, what it is based on, who shares the first rank, and what was left out.

    Args:
        comparison: The comparison.
        called: What it is called; empty if it has no name.
    """
    found = comparison.verdict
    first = " · ".join(html.escape(name) for name in found.best)
    lines = [f'<div style="overflow-wrap: anywhere">{html.escape(called)}</div>'] if called else []
    lines.append(f'<div style="{_VERDICT}">{html.escape(found.text)}</div>')
    if len(found.best) < len(comparison.names):
        label = "First rank" if len(found.best) == 1 else "Share the first rank"
        lines.append(f'<div style="{_LINE}">★ {label}: <b>{first}</b></div>')
    if found.basis is not None:
        basis = _DECIDED_BY[found.basis.kind].format(html.escape(found.basis.name))
        proxy = f'<span style="{_BADGE}">proxy</span> ' if found.basis.kind == "proxy" else ""
        about = html.escape(found.basis.explanation, quote=True)
        lines.append(f'<div style="{_LINE}" title="{about}">{proxy}{basis}</div>')
    with st.container(border=True):
        st.html("".join(lines))
    for note in comparison.notes:
        st.caption(markdown(note))


_VERDICT = "font-size: 1.3rem; font-weight: 600; line-height: 1.4; overflow-wrap: anywhere"
_LINE = "margin-top: .4rem; overflow-wrap: anywhere"
_BADGE = "border: 1px solid currentColor; border-radius: 1rem; padding: 0 .5rem; font-size: .85em"
