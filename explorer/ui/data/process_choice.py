"""The choice of how many processes encode rows on the CPU, on the data page."""

from __future__ import annotations

import streamlit as st

from explorer.encode.engines.several_processes import worker_choices
from explorer.jobs.cores import cores
from explorer.session.session import Session
from explorer.warm_up import is_warm


def choose_processes(session: Session) -> None:
    """Draw the choice where the machine and its host offer one; it is for the next rows that are encoded."""
    if not is_warm():  # until then the device is not known, and no page waits for that
        return
    choices = worker_choices()
    if len(choices) == 1:
        return
    with st.popover("Advanced", icon=":material/tune:", width="content"):
        chosen = st.segmented_control(
            "Processes",
            choices,
            default=session.workers if session.workers in choices else 1,
            required=True,
            key="processes",
            persist_state="session",
            help="One process encodes on all cores. Several share the cores, each with its own copy of the "
            "model in memory. The vectors are the same.",
        )
        st.caption(f"For the next rows that are encoded. This machine has {cores()} cores.")
    session.workers = int(chosen)
