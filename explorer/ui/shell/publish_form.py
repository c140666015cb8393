"""What the dialogs that publish on the Hub share: token, name, licence, who can read it, and how it went."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

import streamlit as st

from explorer.errors import JobCancelledError, NameTakenError
from explorer.hub.account import Account, account_of, token_page
from explorer.hub.licences import LICENCES
from explorer.hub.names import is_dataset_id
from explorer.hub.push import Pushed
from explorer.hub.pushed_repo import RepoKind
from explorer.jobs.registry import Lane
from explorer.session.session import Session
from explorer.ui.shell.tab_jobs import answer_or_progress, ask_alone, forget
from explorer.ui.shell.text import markdown
from explorer.ui.shell.token import ask_for_own_token

if TYPE_CHECKING:
    from explorer.encode.engines.services import Secret

_ACCOUNT = "hub-account"
_NAME_CHARS = 60


@dataclass(frozen=True)
class Place:
    """Where something is to be published.

    Attributes:
        kind: What kind of repository it becomes.
        name: `owner/name`, which may not be valid.
        licence: The code of its licence; None until one is chosen.
        private: Whether it is private.
        owner_alone: Whether the owner is the person, not an organisation.
    """

    kind: RepoKind
    name: str
    licence: str | None
    private: bool
    owner_alone: bool

    @property
    def is_ready(self) -> bool:
        """Whether everything is chosen."""
        return self.licence is not None and is_dataset_id(self.name)

    @property
    def readers(self) -> str:
        """Who can read it, as Markdown."""
        if not self.private:
            return (
                ":material/public: **Public:** anyone can read and copy it; copies stay if it is taken back."
            )
        owner = markdown(self.name.partition("/")[0])
        readers = "only you" if self.owner_alone else f"only you and the other members of {owner}"
        return f":material/lock: **Private:** {readers} can read it, until somebody else is let in."


def token_and_account(session: Session, kind: RepoKind) -> tuple[Secret, Account] | None:
    """The visitor's own token and whose it is; None while there is none that can write, which is drawn."""
    token = ask_for_own_token(
        "Hugging Face token that can write", f"It has to be able to write to {kind.noun}s."
    )
    if token is None:
        st.caption(f"[Tokens are made on the Hub]({token_page()}).")
        return None
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
    return token, account


def choose_place(session: Session, account: Account, kind: RepoKind, name: str, key: str) -> Place:
    """Draw the choice of a name, a licence and who can read it; these two are not carried over to other rows.

    Args:
        session: The session.
        account: Who publishes.
        kind: What kind of repository it becomes.
        name: What it is made from, for the usual name.
        key: The beginning of the keys of the controls.
    """
    chosen = _choose_name(account, kind, name, key)
    left, right = st.columns(2, vertical_alignment="center")
    with left:
        licence = st.selectbox(
            f"Licence of the {kind.contents}",
            list(LICENCES),
            index=None,
            placeholder="Choose a licence",
            format_func=lambda code: f"{code} · {LICENCES[code]}",
            key=f"{key}-licence-{session.corpus.fingerprint}",
            help="What others may do with it. Ask whoever wrote the rows if you are not sure.",
            persist_state="session",
        )
        if session.corpus.licence:
            st.caption(f"The source of the rows states: {markdown(session.corpus.licence)}.")
    with right:
        private = st.toggle(
            "Private",
            True,
            key=f"{key}-private-{session.corpus.fingerprint}",
            help="Only you see it, or the members of the organisation, and those who are let in.",
            persist_state="session",
        )
    return Place(kind, chosen, licence, private, chosen.partition("/")[0] == account.name)


def is_agreed(place: Place, key: str) -> bool:
    """Draw the question whether something may become public; whether it may, or stays private.

    Args:
        place: Where it is to be published.
        key: Of the box, another one for other contents.
    """
    return place.private or st.checkbox(
        "I have the right to publish this, and everyone is to be able to read it", key=key
    )


def publish_button(label: str, place: Place, *, agreed: bool, on_click: Callable[[], None]) -> None:
    """Draw the button that publishes.

    Args:
        label: What is published.
        place: Where.
        agreed: Whether it may.
        on_click: Publishes it.
    """
    st.button(
        label,
        type="primary",
        icon=":material/cloud_upload:",
        disabled=not (agreed and place.is_ready),
        help="Choose a licence first." if place.licence is None else None,
        on_click=on_click,
    )


def show_job(
    session: Session,
    job: str,
    name_key: str,
    show: Callable[[Pushed], None],
    close: Callable[[], None],
) -> None:
    """Draw the progress of the upload, its error, or what was published.

    Args:
        session: The session.
        job: The job of this tab.
        name_key: The key of the field for the name.
        show: Draws what was published.
        close: Closes the dialog.
    """
    answer = answer_or_progress(session, job, here=True)
    if isinstance(answer, NameTakenError):
        st.button(
            f"Use {markdown(answer.other)}", on_click=_use_name, args=(session, job, name_key, answer.other)
        )
    elif isinstance(answer, JobCancelledError):
        st.caption("What was made on the Hub stays there; its page shows whether it has the new version.")
    elif isinstance(answer, Pushed):
        show(answer)
        with st.container(horizontal=True):
            if st.button("Close", type="primary"):
                close()
                forget(session, job)
                st.rerun()
            st.button("Publish again", type="tertiary", on_click=forget, args=(session, job))


def show_published(pushed: Pushed, kind: RepoKind) -> None:
    """Draw that something was published, and the link to it."""
    visibility = "private" if pushed.private else "public"
    st.success(
        f"{markdown(pushed.name)} is on the Hub, as a {visibility} {kind.noun}.", icon=":material/cloud_done:"
    )
    st.link_button("Open it on the Hub", pushed.address, icon=":material/open_in_new:")


def name_key(name: str, key: str) -> str:
    """The key of the field for the name of what is made from something with a name."""
    return f"{key}-name-{name}"


def _use_name(session: Session, job: str, field: str, name: str) -> None:
    st.session_state[field] = name
    forget(session, job)


def _choose_name(account: Account, kind: RepoKind, name: str, key: str) -> str:
    owners = ", ".join(map(markdown, [account.name, *account.organisations]))
    chosen = st.text_input(
        kind.noun.capitalize(),
        f"{account.name}/{_usual_name(name)}",
        key=name_key(name, key),
        max_chars=200,
        help=f"owner/name. With this token, the owner can be: {owners}.",
        persist_state="session",
    ).strip()
    if not is_dataset_id(chosen):
        st.caption(
            ":red[The name has to be an owner, a slash, and letters, digits, hyphens, underscores or dots.]"
        )
    return chosen


def _usual_name(name: str) -> str:
    """A name for a repository made from that of what it is made from."""
    plain = re.sub(r"[^a-z0-9]+", "-", PurePath(name).stem.lower())
    return plain[:_NAME_CHARS].strip("-") or "space"
