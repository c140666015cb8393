"""Publishing the open rows and their vectors on the Hugging Face Hub: a dialog on every page."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.data.tables.values import count
from explorer.hub.account import Account
from explorer.hub.push import Pushed
from explorer.hub.pushed_repo import DATASET
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Lane
from explorer.session.session import Session
from explorer.ui.shell.publish_form import (
    Place,
    choose_place,
    name_key,
    publish_button,
    show_job,
    token_and_account,
)
from explorer.ui.shell.publish_summary import Choice, show_published_space, show_summary
from explorer.ui.shell.tab_jobs import ask_alone, was_asked
from explorer.ui.shell.text import markdown

if TYPE_CHECKING:
    from explorer.analysis.space import Space
    from explorer.encode.engines.services import Secret

_OPEN = "publish-open"
_JOB, _KEY = "publish", "publish"
_ALL, _SHOWN, _SELECTED = "all", "shown", "selected"


def offer_publishing(popover: str) -> None:
    """Draw the button that opens the dialog and closes the popover it is in.

    Args:
        popover: The key of the popover.
    """
    st.button(
        "Publish to the Hub",
        icon=":material/cloud_upload:",
        on_click=_open,
        args=(popover,),
        help="The rows, their vectors and what made them become a dataset on the Hugging Face Hub, private "
        "unless you choose otherwise.",
    )


def show_publishing(session: Session) -> None:
    """Draw the dialog while it is open."""
    if _OPEN in st.session_state:
        _dialog(session)


def _open(popover: str) -> None:
    st.session_state[_OPEN], st.session_state[popover] = True, False


def _close() -> None:
    st.session_state.pop(_OPEN, None)


@st.dialog("Publish to the Hub", width="large", on_dismiss=_close)
def _dialog(session: Session) -> None:
    if was_asked(_JOB):
        field = name_key(session.corpus.name, _KEY)
        show_job(session, _JOB, field, show_published_space, _close)
        return
    space = session.spaces.get(session.encoder)
    if space is None:
        st.info("The rows are not encoded yet. Close this, and publish them once they are.")
        return
    st.markdown(
        "The rows, their vectors and what made them become a dataset. It opens on the Data page by its "
        "name, with `explorer.open_space` and with `datasets`."
    )
    signed_in = token_and_account(session, DATASET)
    if signed_in is not None:
        _form(session, space, *signed_in)


def _form(session: Session, space: Space, token: Secret, account: Account) -> None:
    place = choose_place(session, account, DATASET, session.corpus.name, _KEY)
    rows = _choose_rows(session)
    choice = Choice(rows, _choose_columns(session))
    agreed = show_summary(space, place, choice)
    visibility = "as a private dataset" if place.private else "for everyone"
    publish_button(
        f"Publish {count(len(space) if rows is None else len(rows), 'row')} {visibility}",
        place,
        agreed=agreed,
        on_click=functools.partial(_begin, session, space, token, place, choice),
    )


def _begin(session: Session, space: Space, token: Secret, place: Place, choice: Choice) -> None:
    def work(on_progress: OnProgress) -> Pushed:
        from explorer.share.push import push_to_hub

        return push_to_hub(
            space,
            place.name,
            licence=cast("str", place.licence),
            private=place.private,
            rows=choice.rows,
            columns=choice.columns,
            token=token.reveal(),
            on_progress=on_progress,
        )

    ask_alone(session, _JOB, choice, f"Publishing {place.name}", work, lane=Lane.ROWS)


def _key(session: Session, choice: str) -> str:
    """The key of a control whose choice is about these rows: none is carried over to others."""
    return f"{_KEY}-{choice}-{session.corpus.fingerprint}"


def _choose_rows(session: Session) -> NDArray[np.int64] | None:
    """Draw the choice of rows; None for all."""
    shown, selection = session.shown, session.selection
    options = {_ALL: f"All {len(session.corpus):,}"}
    if shown is not None:
        options[_SHOWN] = f"The {len(shown):,} shown"
    if selection is not None and len(selection):
        options[_SELECTED] = f"The {len(selection):,} selected"
    if len(options) == 1:
        return None
    wanted = st.segmented_control(
        "Rows",
        list(options),
        default=_ALL,
        required=True,
        format_func=lambda option: options[option],
        key=_key(session, f"rows-{'-'.join(options)}"),
        persist_state="session",
    )
    if wanted == _SHOWN and shown is not None:
        return shown.rows
    return selection.rows if wanted == _SELECTED and selection is not None else None


def _choose_columns(session: Session) -> list[str] | None:
    """Draw the choice of columns besides the texts; None for all."""
    corpus = session.corpus
    others = [name for name in corpus.table.column_names if name != corpus.text]
    if not others:
        return None
    columns = st.multiselect(
        f"Columns besides {markdown(corpus.text)}",
        others,
        default=others,
        key=_key(session, "columns"),
        persist_state="session",
    )
    return None if len(columns) == len(others) else columns
