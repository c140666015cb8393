"""What a name on the Hub stands for: a dataset, or a space that was pushed from Explorer."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from explorer.data.hub.rows_link import HubRows
from explorer.data.hub.saved_file import is_saved_space, read_saved_file
from explorer.data.tables.source_table import SourceTable
from explorer.errors import DataError, ExplorerError, NotOnHubError
from explorer.hub.cards import card_html, read_card
from explorer.hub.dataset_details import DatasetDetails, dataset_details
from explorer.hub.dataset_splits import DatasetSplit
from explorer.hub.pushed_repo import DATASET, pushed_repo
from explorer.hub.ranges import HubFile
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Lane
from explorer.session.session import Session
from explorer.ui.data.draft import draft
from explorer.ui.shell.quantities import readable_size
from explorer.ui.shell.tab_jobs import answer_or_progress, ask_alone, ask_hub
from explorer.ui.shell.token import READING_FIELD, ask_for_own_token, own_token

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Described:
    """What a name stands for.

    Attributes:
        details: The dataset; None for a space, which needs no choice of columns.
        card: Its card, as safe HTML; empty without a card.
        space: The file of the space.
        note: Why a space is opened like any other dataset.
    """

    details: DatasetDetails | None
    card: str
    space: HubFile | None = None
    note: str = ""


def look_up(session: Session, name: str, revision: str | None) -> Described | ExplorerError | None:
    """What a name stands for; the error, already drawn; or None while the Hub is being asked.

    A private space is found if this tab has a token that reads it; if nothing is found, the field for one is
    drawn.
    """
    token = own_token()
    secret = None if token is None else token.reveal()
    found = _ask(
        session,
        "dataset",
        (name, revision, secret),
        f"Looking up {name}",
        lambda _report: _describe(name, revision, secret),
        lane=Lane.HUB,
        alone=secret is not None,
    )
    if isinstance(found, NotOnHubError) and token is None:
        ask_for_own_token(
            "Hugging Face token", "A private space takes one that can read it.", key=READING_FIELD
        )
    return found


def read_space(session: Session, file: HubFile) -> SourceTable | ExplorerError | None:
    """The table of a space, once a person asked for it; until then, draw the button."""
    if draft().hub_rows != file:
        size = f" {readable_size(file.size)} will be downloaded." if file.size else ""
        st.caption(f"A space that was pushed from Explorer: rows, vectors and what made them.{size}")
        read_button("Open the space", file)
        return None
    return _ask(
        session,
        "rows",
        file,
        f"Reading {file.repo}",
        lambda report: read_saved_file(file, report),
        lane=Lane.ROWS,
        alone=file.token is not None,
    )


def read_button(label: str, wanted: HubRows | DatasetSplit | HubFile) -> None:
    """Draw the button that reads rows of the Hub."""
    st.button(
        label,
        type="primary",
        icon=":material/download:",
        width="stretch",
        on_click=_begin,
        args=(wanted,),
    )


def _begin(wanted: HubRows | DatasetSplit | HubFile) -> None:
    draft().hub_rows = wanted


def _ask(
    session: Session,
    kind: str,
    key: Hashable,
    title: str,
    work: Callable[[OnProgress], T],
    *,
    lane: Lane,
    alone: bool,
) -> T | ExplorerError | None:
    """An answer of the Hub, shared with other visitors unless somebody's token is needed for it."""
    if not alone:
        return ask_hub(session, kind, key, title, work, lane=lane)
    ask_alone(session, kind, key, title, work, lane=lane)
    answer: T | ExplorerError | None = answer_or_progress(session, kind)
    return answer


def _describe(name: str, revision: str | None, token: str | None) -> Described:
    file, note = pushed_repo(DATASET, name, revision, token).file, ""
    try:
        if file is not None and is_saved_space(file):
            card = read_card(name, file.commit, "dataset", token)
            return Described(None, card_html(card) if card else "", file)
    except DataError as error:  # its rows can still be read, as those of any dataset
        note = f"The dataset is a space that cannot be opened as one: {error}"
    details = dataset_details(name, revision)
    return Described(details, card_html(details.card) if details.card else "", note=note)
