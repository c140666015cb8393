"""Publishing a space as a dataset on the Hugging Face Hub."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.analysis.space_files import saved_table
from explorer.data.space_files.parquet import write_parquet
from explorer.data.space_files.saved_table import SavedTable
from explorer.encode.engines.services import Secret
from explorer.errors import AccessError, PushError, SettingError
from explorer.hub.account import token_page
from explorer.hub.licences import LICENCES
from explorer.hub.push import Pushed, push_files
from explorer.hub.space_repo import CARD, FILE
from explorer.jobs.progress import OnProgress, Progress, ignore_progress
from explorer.scratch import remove_abandoned, scratch_folder
from explorer.settings import settings
from explorer.share.dataset_card import CardFacts, dataset_card, source_line
from explorer.share.published_space import fitted_on_more, published_space

_HEAD_ROWS = 3


@dataclass(frozen=True, eq=False)
class Preview:
    """What a publication will have.

    Attributes:
        head: Its first rows, with its columns.
        rows: Number of its rows.
        dims: The dimensions of its vectors.
        size: About how many bytes its file has, before compression.
        card: The card, as Markdown.
        name: What the file calls the rows.
        notes: Notes on reading and suggested searches, which are in the file.
        takes_queries: Whether texts can be searched for in it; see `fitted_on_more`.
    """

    head: pa.Table
    rows: int
    dims: int
    size: int
    card: str
    name: str
    notes: tuple[str, ...]
    takes_queries: bool


@dataclass(frozen=True, eq=False)
class Publication:
    """What is pushed to the Hub: everything that others can read there.

    Attributes:
        saved: The table, with its vectors and facts.
        card: The card, as Markdown.
    """

    saved: SavedTable
    card: str


def push_to_hub(
    space: Space,
    name: str,
    *,
    licence: str,
    private: bool = True,
    rows: Sequence[int] | NDArray[np.int64] | None = None,
    columns: Sequence[str] | None = None,
    token: str | None = None,
    on_progress: OnProgress | None = None,
) -> Pushed:
    """Publish a space as a dataset on the Hugging Face Hub, with a card that says what it is.

    It is opened by `explorer.open_space(name)`, by `datasets.load_dataset(name)`, and on the Data page. A
    dataset of that name is replaced only if it is a space that was pushed before; its history keeps earlier
    versions. If the upload breaks off, pushing again goes on.

    Args:
        space: The space.
        name: `owner/name`; the owner is you or an organisation of yours.
        licence: The licence of the rows, by its code on the Hub, such as `cc-by-4.0`; `other` or `unknown` if
            none is right.
        private: Whether only you, or the organisation, and those you let in see it.
        rows: Row numbers, from 0, in the order wanted; None for all. The mean direction or the axes of a space
            with centring or PCA are those of all its rows.
        columns: The columns besides that of the texts; None for all.
        token: A token that can write; None for HF_TOKEN or the stored login.
        on_progress: Called several times a second; an exception it raises stops the upload.

    Raises:
        AccessError: There is no token, the Hub does not know it, or it may not do this.
        ModelError: The token has characters that no token has.
        NameTakenError: Another dataset has the name.
        PushError: There is no such licence, the Hub refuses the files, or the dataset is there and not as
            private as asked for.
        HubUnreachableError: The Hub does not respond, limits requests, or the connection broke.
        DataError: There are no such rows or columns.
    """
    from huggingface_hub import constants, get_token

    tell = on_progress or ignore_progress
    token = token or get_token() or ""
    if not token.strip():
        raise AccessError(
            "There is no token, and the Hub takes datasets only from people who are signed in.",
            where=name,
            fix=f"Sign in with `hf auth login`, or give a token that can write, from {token_page()}.",
        )
    token = Secret(token).reveal()
    if constants.is_offline_mode():
        raise PushError("HF_HUB_OFFLINE is set.", where=name, fix="Unset it, and push again.")
    made = publication(space, name, licence=licence, private=private, rows=rows, columns=columns)
    parent = settings().cache_folder / "pushes"
    remove_abandoned(parent)
    tell(Progress("Writing the file"))
    try:
        with scratch_folder(parent) as folder:
            table, card = folder / Path(FILE).name, folder / CARD
            with table.open("wb") as sink:
                write_parquet(made.saved, sink)
            card.write_text(made.card, encoding="utf-8")
            files = {CARD: card, FILE: table}
            return push_files(name, files, folder, token=token, private=private, on_progress=on_progress)
    except OSError as error:
        raise SettingError(
            f"The file cannot be written on this machine: {error.strerror}.",
            fix="Check the disk of the cache folder.",
        ) from error


def publication(
    space: Space,
    name: str,
    *,
    licence: str,
    private: bool,
    rows: Sequence[int] | NDArray[np.int64] | None = None,
    columns: Sequence[str] | None = None,
) -> Publication:
    """What `push_to_hub` would push, with the same arguments; nothing is sent.

    Raises:
        PushError: There is no such licence.
        DataError: There are no such rows or columns.
    """
    saved = saved_table(published_space(space, rows, columns))
    facts, more = json.loads(saved.facts), fitted_on_more(space, rows)
    return Publication(saved, _card(space, name, licence, saved.column, facts, private=private, more=more))


def preview(
    space: Space,
    name: str,
    *,
    licence: str,
    private: bool,
    rows: Sequence[int] | NDArray[np.int64] | None = None,
    columns: Sequence[str] | None = None,
) -> Preview:
    """What `push_to_hub` would push, with the same arguments, without making all of it.

    Raises:
        PushError: There is no such licence.
        DataError: There are no such rows or columns.
    """
    chosen = np.arange(len(space)) if rows is None else np.asarray(rows)
    head = published_space(space, chosen[:_HEAD_ROWS], columns)
    saved = saved_table(head)
    facts, more = {**json.loads(saved.facts), "rows": len(chosen)}, fitted_on_more(space, rows)
    corpus = head.corpus if rows is not None else published_space(space, None, columns).corpus
    share = len(chosen) / len(space)
    texts = space.corpus.table.select(head.corpus.table.column_names).nbytes
    return Preview(
        saved.table,
        len(chosen),
        space.dims,
        int(share * texts) + len(chosen) * space.dims * 4,
        _card(space, name, licence, saved.column, facts, private=private, more=more),
        corpus.name,
        (*corpus.notes, *corpus.queries),
        takes_queries=not more,
    )


def _card(
    space: Space, name: str, licence: str, column: str, facts: Mapping[str, Any], *, private: bool, more: bool
) -> str:
    if licence not in LICENCES:
        raise PushError(
            f'The Hub knows no licence "{licence!s:.60}".',
            where=name,
            fix="Its codes are at huggingface.co/docs/hub/repositories-licenses, with other and unknown.",
        )
    revision = "" if space.spec is None else space.encoder.revision
    source = source_line(space.corpus)
    return dataset_card(CardFacts(name, licence, private, source, revision, column, facts, more))
