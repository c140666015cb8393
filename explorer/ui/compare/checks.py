"""What is wrong with each contender, and what to try."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from explorer.comparison.contenders.spec import ContenderSpec
from explorer.comparison.numbers import evidence
from explorer.session.contenders import add_contender, contender_named, contenders_of, name_of
from explorer.session.session import Session
from explorer.session.variants import mended
from explorer.ui.shell.text import markdown

if TYPE_CHECKING:
    from explorer.comparison.comparison import Comparison
    from explorer.comparison.health.doctor import Finding


def show_checks(session: Session, comparison: Comparison) -> None:
    """Draw the findings of each contender."""
    if comparison.findings is None:
        st.info(
            "The file is from an older Explorer, which kept no checks in it. They are there in a comparison "
            "that is made again.",
            icon=":material/info:",
        )
        return
    st.caption(
        "Checks for faults that spoil an encoder silently. A finding is a reason to look: whether the mended "
        "contender is better is for the comparison to tell."
    )
    for place, (name, findings) in enumerate(zip(comparison.names, comparison.findings, strict=True)):
        with st.container(border=True):
            st.header(markdown(name), anchor=False)
            if not findings:
                st.markdown(":material/check: No problems found.")
            spec = contender_named(session, name)
            for number, finding in enumerate(findings):
                _show(session, spec, finding, f"mend-{place}-{number}")


def _show(session: Session, spec: ContenderSpec | None, finding: Finding, key: str) -> None:
    st.markdown(f":material/warning: **{markdown(finding.what)}**")
    st.html(f'<div style="{_EVIDENCE}">{_figures(finding)}</div>')
    st.markdown(f"What to try: {markdown(finding.advice)}")
    better = mended(spec, finding.remedy) if spec is not None and finding.remedy is not None else None
    if better is None:
        return
    if better in contenders_of(session):
        st.caption(f"{markdown(name_of(session, better))} is in the comparison.")
    else:
        st.button(
            f"Add {markdown(name_of(session, better))}",
            key=key,
            icon=":material/add:",
            on_click=_add,
            args=(session, better),
        )


def _add(session: Session, spec: ContenderSpec) -> None:
    refused = add_contender(session, spec)
    if refused:
        st.toast(markdown(refused), icon=":material/info:")


def _figures(finding: Finding) -> str:
    return " · ".join(
        f"{html.escape(name)}: <b>{evidence(name, value)}</b>" for name, value in finding.evidence.items()
    )


_EVIDENCE = "opacity: .85; overflow-wrap: anywhere; font-variant-numeric: tabular-nums"
