"""Contenders that failed while a view searched with them, and are left out of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import streamlit as st

from explorer.errors import ExplorerError
from explorer.session.session import Session
from explorer.ui.shell.job_progress import forget_result
from explorer.ui.shell.text import markdown


def show_left_out(
    session: Session, names: Sequence[str], failed: Mapping[int, ExplorerError], again: Hashable | None
) -> None:
    """Draw who is left out of a view and why, and a button that searches again.

    Args:
        session: The session.
        names: The names of the contenders.
        failed: The errors of those that failed, by their position.
        again: The key of the result that is then computed again; None if it cannot be.
    """
    alike: dict[str, list[str]] = {}
    for place, error in failed.items():
        alike.setdefault(str(error), []).append(names[place])
    if not alike:
        return
    with st.container(key="compare-left-out"):
        for why, those in alike.items():
            verb = "is" if len(those) == 1 else "are"
            st.warning(
                f"**{markdown(', '.join(those))}** failed and {verb} left out here. {markdown(why)}",
                icon=":material/warning:",
            )
        if again is not None:
            st.button(
                "Try again",
                key="search-again",
                icon=":material/refresh:",
                help="Searches again. Vectors of queries are kept.",
                on_click=forget_result,
                args=(session, again),
            )
