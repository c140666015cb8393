"""How the encoding of a space went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.data.tables.values import count
from explorer.ui.shell.quantities import readable_duration
from explorer.ui.shell.text import markdown, quoted
from explorer.ui.widgets.item_words import item_word

if TYPE_CHECKING:
    from explorer.analysis.space import Space


def show_report(space: Space) -> None:
    """Draw what encoding took, and what the check of fast precision gave."""
    report = space.report
    parts = [
        f"{count(report.encoded, item_word(space.corpus))} encoded, {report.cached:,} encoded before, "
        f"in {readable_duration(report.seconds)}"
    ]
    if report.engine:
        parts.append(markdown(report.engine))
    check = report.check
    if check is None:
        parts.append(f"computed in {report.dtype}")
    elif check.passed:
        parts.append(
            f"computed in {check.dtype}, checked on {check.rows} of these rows on this machine:"
            f" lowest cosine {check.min_cosine:.5f}"
        )
    else:
        parts.append(
            f"computed in float32, because {check.dtype} only kept a cosine of {check.min_cosine:.5f}"
        )
    prompts = space.encoder.prompts
    if prompts.document or prompts.query:
        parts.append(
            markdown(f"{quoted(prompts.document)} before rows, {quoted(prompts.query)} before queries")
        )
    st.caption(" · ".join(parts))
    for note in filter(None, (*report.notes, prompts.note)):
        st.caption(markdown(note))
