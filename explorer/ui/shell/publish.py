"""Publishing the open rows and their vectors on the Hugging Face Hub: a dialog on every page."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.data.tables.values import count
from explorer.errors import NameTakenError
from explorer.hub.account import Account, account_of, token_page
from explorer.hub.licences import LICENCES
from explorer.hub.names import is_dataset_id
from explorer.hub.push import Pushed
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Lane
from explorer.session.session import Session
from explorer.ui.shell.publish_summary import Choice, show_published, show_summary
from explorer.ui.shell.tab_jobs import answer_or_progress, ask_alone, forget, was_asked
from explorer.ui.shell.text import markdown
from explorer.ui.shell.token import ask_for_own_token

if TYPE_CHECKING:
    from explorer.analysis.space import Space
    from explorer.encode.engines.services import Secret

_OPEN = "publish-open"
_JOB, _ACCOUNT = "publish", "hub-account"
_NAME_CHARS = 60
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
        _show_job(session)
        return
    space = session.spaces.get(session.encoder)
    if space is None:
        st.info("The rows are not encoded yet. Close this, and publish them once they are.")
        return
    st.markdown(
        "The rows, their vectors and what made them become a dataset. It opens on this page by its name, "
        "with `explorer.open_space` and with `datasets`."
    )
    token = ask_for_own_token("Hugging Face token that can write", "It has to be able to write to datasets.")
    if token is None:
        st.caption(f"[Tokens are made on the Hub]({token_page()}).")
        return
    account = _account(session, token)
    if account is not None:
        _form(session, space, token, account)


def _show_job(session: Session) -> None:
    """Draw the progress of the upload, its error, or what was published."""
    answer = answer_or_progress(session, _JOB, here=True)
    if isinstance(answer, NameTakenError):
        st.button(f"Use {markdown(answer.other)}", on_click=_use_name, args=(session, answer.other))
    elif isinstance(answer, Pushed):
        show_published(answer)
        with st.container(horizontal=True):
            if st.button("Close", type="primary"):
                _close()
                forget(session, _JOB)
                st.rerun()
            st.button("Publish again", type="tertiary", on_click=forget, args=(session, _JOB))


def _use_name(session: Session, name: str) -> None:
    st.session_state[_name_key(session)] = name
    forget(session, _JOB)


def _account(session: Session, token: Secret) -> Account | None:
    ask_alone(
        session,
        _ACCOUNT,
        token.reveal(),
        "Asking the Hub who you are",
        lambda _report: account_of(token.reveal()),
        lane=Lane.HUB,
    )
    account = answer_or_progress(session, _ACCOUNT, here=True)
    if not isinstance(account, Account):
        return None
    if not account.can_write:
        st.error(
            f"This token of {markdown(account.name)} can only read. Make one that can write at "
            f"{token_page()}, and enter it in its place.",
            icon=":material/error:",
        )
        return None
    return account


def _form(session: Session, space: Space, token: Secret, account: Account) -> None:
    name = _choose_name(session, account)
    left, right = st.columns(2, vertical_alignment="center")
    with left:
        licence = st.selectbox(
            "Licence of the rows",
            list(LICENCES),
            index=None,
            placeholder="Choose a licence",
            format_func=lambda code: f"{code} · {LICENCES[code]}",
            key="publish-licence",
            help="What others may do with the rows. Ask whoever wrote them if you are not sure.",
            persist_state="session",
        )
        if session.corpus.licence:
            st.caption(f"Their source states: {markdown(session.corpus.licence)}.")
    with right:
        private = st.toggle(
            "Private",
            True,
            key="publish-private",
            help="Only you see it, or the members of the organisation, and those who are let in.",
            persist_state="session",
        )
    rows = _choose_rows(session)
    columns = _choose_columns(session)
    choice = Choice(name, licence, private, rows, columns)
    owner = name.partition("/")[0]
    readers = "only you" if owner == account.name else f"only you and the other members of {markdown(owner)}"
    agreed = show_summary(space, choice, readers=readers, ready=is_dataset_id(name))
    missing = "Choose a licence first." if licence is None else ""
    visibility = "as a private dataset" if private else "for everyone"
    st.button(
        f"Publish {count(len(space) if rows is None else len(rows), 'row')} {visibility}",
        type="primary",
        icon=":material/cloud_upload:",
        disabled=not agreed,
        help=missing or None,
        on_click=_begin,
        args=(session, space, token, choice),
    )


def _begin(session: Session, space: Space, token: Secret, choice: Choice) -> None:
    def work(on_progress: OnProgress) -> Pushed:
        from explorer.share.push import push_to_hub

        return push_to_hub(
            space,
            choice.name,
            licence=cast("str", choice.licence),
            private=choice.private,
            rows=choice.rows,
            columns=choice.columns,
            token=token.reveal(),
            on_progress=on_progress,
        )

    ask_alone(session, _JOB, choice, f"Publishing {choice.name}", work, lane=Lane.ROWS)


def _choose_name(session: Session, account: Account) -> str:
    owners = ", ".join(map(markdown, [account.name, *account.organisations]))
    name = st.text_input(
        "Dataset",
        f"{account.name}/{_usual_name(session.corpus.name)}",
        key=_name_key(session),
        max_chars=200,
        help=f"owner/name. With this token, the owner can be: {owners}.",
        persist_state="session",
    ).strip()
    if not is_dataset_id(name):
        st.caption(
            ":red[The name has to be an owner, a slash, and letters, digits, hyphens, underscores or dots.]"
        )
    return name


def _name_key(session: Session) -> str:
    return f"publish-name-{session.corpus.name}"


def _usual_name(name: str) -> str:
    """A name for a dataset made from that of the rows."""
    plain = re.sub(r"[^a-z0-9]+", "-", PurePath(name).stem.lower())
    return plain[:_NAME_CHARS].strip("-") or "space"


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
        key=f"publish-rows-{'-'.join(options)}",
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
        key=f"publish-columns-{corpus.name}",
        persist_state="session",
    )
    return None if len(columns) == len(others) else columns
