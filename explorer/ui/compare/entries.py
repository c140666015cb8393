"""Each contender of the session, and how far its vectors are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from explorer.comparison.contenders.names import names_of
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.jobs.outcome import Done, Outcome, Pending
from explorer.session.contenders import contenders_of, remove_contender, session_reading
from explorer.session.session import Session
from explorer.ui.shell.spaces import show_space_outcome, space_outcomes
from explorer.ui.shell.text import markdown

if TYPE_CHECKING:
    from explorer.analysis.space import Space


@dataclass(frozen=True)
class Entry:
    """A contender of the session.

    Attributes:
        spec: The contender.
        name: What it is called.
        reading: The session that holds the space of its encoder; see `session_reading`.
        outcome: That space, or how far it is; None for BM25, which needs none.
    """

    spec: ContenderSpec
    name: str
    reading: Session
    outcome: Outcome[Space] | None

    @property
    def space(self) -> Space | None:
        """The space of its encoder, without the changes of the contender; None if it is not ready."""
        return self.outcome.result if isinstance(self.outcome, Done) else None

    @property
    def refused(self) -> str:
        """Why the contender cannot be made from its space; empty if it can."""
        space = self.space
        if space is None:
            return ""
        dims, first, pca = space.dims, self.spec.first, self.spec.pca
        if first is not None and first > dims:
            return f"Its vectors have {dims:,} dimensions, so the first {first:,} cannot be kept."
        most = min(first or dims, len(space) - 1)
        if pca is not None and pca > most:
            return f"With these rows, PCA gives at most {most:,} dimensions."
        return ""

    @property
    def ready(self) -> bool:
        """Whether it can be compared."""
        return self.outcome is None or (self.space is not None and not self.refused)


def entries_of(session: Session) -> list[Entry]:
    """The contenders of a session; spaces that they need are asked for."""
    specs = contenders_of(session)
    names = names_of(specs, session.corpus.text)
    readings = [session_reading(session, spec.text) for spec in specs]
    outcomes = iter(
        space_outcomes(
            [
                (reading, spec.encoder)
                for spec, reading in zip(specs, readings, strict=True)
                if spec.encoder is not None
            ]
        )
    )
    return [
        Entry(spec, name, reading, None if spec.encoder is None else next(outcomes))
        for spec, name, reading in zip(specs, names, readings, strict=True)
    ]


def show_unready(session: Session, entries: list[Entry]) -> None:
    """Draw why contenders cannot be compared; the progress of others is at the top of the page."""
    shown = set()
    for place, entry in enumerate(entries):
        outcome, encoder = entry.outcome, entry.spec.encoder
        if entry.ready or outcome is None or encoder is None:
            continue
        work = (id(entry.reading), encoder)
        if isinstance(outcome, Pending):
            if work not in shown:
                show_space_outcome(entry.reading, encoder, outcome)
        else:
            with st.container(border=True):
                st.markdown(f"**{markdown(entry.name)}** is left out of the comparison.")
                if isinstance(outcome, Done):
                    st.error(markdown(entry.refused), icon=":material/error:")
                elif work not in shown:
                    show_space_outcome(entry.reading, encoder, outcome)
                else:
                    st.caption("For the same reason as above.")
                st.button(
                    "Remove it",
                    key=f"remove-failed-{place}",
                    icon=":material/close:",
                    on_click=remove_contender,
                    args=(session, entry.spec),
                )
        shown.add(work)
