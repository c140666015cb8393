"""What is wrong with each contender, and what to try."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from explorer.comparison.contenders.spec import ContenderSpec
from explorer.jobs.progress import OnProgress, Progress
from explorer.session.contenders import add_contender, contender_named, contenders_of, name_of
from explorer.session.session import Session
from explorer.session.variants import mended
from explorer.ui.shell.job_progress import analysis_lane, session_result_or_progress
from explorer.ui.shell.text import markdown

if TYPE_CHECKING:
    from explorer.comparison.comparison import Comparison
    from explorer.comparison.health.doctor import Finding


def show_checks(session: Session, comparison: Comparison) -> None:
    """Draw the findings of each contender."""
    contenders = comparison.contenders

    def work(on_progress: OnProgress) -> tuple[tuple[Finding, ...], ...]:
        from explorer.comparison.health.doctor import check_space

        found = []
        for place, contender in enumerate(contenders):
            on_progress(Progress.count("Checking contenders", place, len(contenders), "contenders"))
            found.append(check_space(contender))
        return tuple(found)

    key = ("checks", tuple(contender.fingerprint for contender in contenders))
    found = session_result_or_progress(
        session,
        key,
        "Checking the contenders",
        work,
        lane=analysis_lane(len(session.corpus) * len(contenders)),
        here=True,
    )
    if found is None:
        return
    st.caption(
        "Checks for faults that spoil an encoder silently. A finding is a reason to look: whether the mended "
        "contender is better is for the comparison to tell."
    )
    for place, (name, findings) in enumerate(zip(comparison.names, found, strict=True)):
        with st.container(border=True):
            st.header(markdown(name), anchor=False)
            if not findings:
                st.markdown(":material/check: No problems found.")
            spec = contender_named(session, name)
            for number, finding in enumerate(findings):
                _show(session, spec, finding, f"mend-{place}-{number}")


def _show(session: Session, spec: ContenderSpec | None, finding: Finding, key: str) -> None:
    st.markdown(f":material/warning: **{markdown(finding.what)}**")
    st.html(f'<div style="{_EVIDENCE}">{_figures(finding.evidence)}</div>')
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


def _figures(evidence: Mapping[str, float]) -> str:
    return " · ".join(
        f"{html.escape(name)}: <b>{_figure(name, value)}</b>" for name, value in evidence.items()
    )


def _figure(name: str, value: float) -> str:
    if name.startswith("share"):
        return f"{value:.1%}".replace("%", " %")
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.3f}"


_EVIDENCE = "opacity: .85; overflow-wrap: anywhere; font-variant-numeric: tabular-nums"
