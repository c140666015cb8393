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
from explorer.data.images.images import IMAGE
from explorer.data.space_files.parquet import write_parquet
from explorer.data.space_files.saved_images import SavedImages, saved_images
from explorer.data.space_files.saved_table import SavedTable, free_name
from explorer.hub.push import Pushed
from explorer.hub.pushed_repo import CARD, DATASET
from explorer.jobs.progress import OnProgress
from explorer.share.dataset_card import CardFacts, dataset_card, source_line
from explorer.share.published_space import fitted_on_more, published_space
from explorer.share.pushing import check_licence, push_written

_HEAD_ROWS = 3


@dataclass(frozen=True, eq=False)
class Preview:
    """What a publication will have.

    Attributes:
        head: Its first rows, with its columns.
        rows: Number of its rows.
        dims: The dimensions of its vectors.
        size: About how many bytes its file has, before compression.
        images: Number of rows with an image.
        card: The card, as Markdown.
        name: What the file calls the rows.
        notes: Notes on reading and suggested searches, which are in the file.
        takes_queries: Whether texts can be searched for in it; see `fitted_on_more`.
    """

    head: pa.Table
    rows: int
    dims: int
    size: int
    images: int
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

    It is opened by `explorer.open_space(name)`, by `datasets.load_dataset(name)`, and on the Data page.
    Images are in it without their metadata. A
    dataset of that name is replaced only if it is a space that was pushed before; its history keeps earlier
    versions. If the upload breaks off, pushing again goes on.

    Args:
        space: The space.
        name: `owner/name`; the owner is you or an organisation of yours.
        licence: The licence of the rows, by its code on the Hub, such as `cc-by-4.0`; `other` or `unknown` if
            none is right.
        private: Whether only you, or the organisation, and those you let in see it.
        rows: Row numbers, from 0, in the order wanted; None for all. The mean direction or the axes of a
            space with centring or PCA are those of all its rows.
        columns: The columns besides that of the texts; None for all.
        token: A token that can write; None for HF_TOKEN or the stored login.
        on_progress: Called several times a second; an exception it raises stops the upload.

    Raises:
        AccessError: There is no token, the Hub does not know it, or it may not do this.
        ModelError: The token has characters that no token has.
        NameTakenError: Another dataset has the name.
        PushError: There is no such licence, HF_HUB_OFFLINE is set, the Hub refuses the files, or the dataset
            is there and not as private as asked for.
        HubUnreachableError: The Hub does not respond, limits requests, or the connection broke.
        SettingError: The file cannot be written to the cache folder.
        DataError: There are no such rows or columns, or the file of an image is gone or has been changed.
        TooLargeError: The images are larger than a file that is opened again.
    """
    made = publication(space, name, licence=licence, private=private, rows=rows, columns=columns)

    def write(folder: Path) -> Mapping[str, Path]:
        table, card = folder / Path(DATASET.file).name, folder / CARD
        with table.open("wb") as sink:
            write_parquet(made.saved, sink)
        card.write_text(made.card, encoding="utf-8")
        return {CARD: card, DATASET.file: table}

    return push_written(DATASET, name, write, token=token, private=private, on_progress=on_progress)


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
        TooLargeError: As for `push_to_hub`.
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
        TooLargeError: As for `push_to_hub`.
    """
    chosen = np.arange(len(space)) if rows is None else np.asarray(rows)
    head = published_space(space, chosen[:_HEAD_ROWS], columns)
    saved = saved_table(head)
    share = len(chosen) / len(space)
    texts = space.corpus.table.select(head.corpus.table.column_names).nbytes
    size = int(share * texts) + len(chosen) * space.dims * 4
    images = _images(space, chosen, saved, size)
    facts = {
        **json.loads(saved.facts),
        "rows": len(chosen),
        "images": None if images is None else images.record,
    }
    more = fitted_on_more(space, rows)
    corpus = head.corpus if rows is not None else published_space(space, None, columns).corpus
    return Preview(
        saved.table,
        len(chosen),
        space.dims,
        size + (0 if images is None else images.size),
        0 if images is None else images.number,
        _card(space, name, licence, saved.column, facts, private=private, more=more),
        corpus.name,
        (*corpus.notes, *corpus.queries),
        takes_queries=not more,
    )


def _images(space: Space, rows: NDArray[np.int64], head: SavedTable, besides: int) -> SavedImages | None:
    """The images of the chosen rows as they are written, given the first rows and the size of the rest."""
    images = None if space.corpus.images is None else space.corpus.images.take(rows)
    column = free_name(IMAGE, set(head.table.column_names))
    return saved_images(images, column, besides, space.corpus.name)


def _card(
    space: Space, name: str, licence: str, column: str, facts: Mapping[str, Any], *, private: bool, more: bool
) -> str:
    check_licence(licence, name)
    revision = "" if space.spec is None else space.encoder.revision
    source = source_line(space.corpus)
    return dataset_card(CardFacts(name, licence, private, source, revision, column, facts, more))
