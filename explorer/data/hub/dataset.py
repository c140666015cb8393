"""A corpus from a dataset on the Hub."""

from __future__ import annotations

import dataclasses

from explorer.data.corpus import Corpus, HubOrigin
from explorer.data.corpus_from_table import GUESS, ImageChoice, LabelChoice, make_corpus
from explorer.data.hub.preview import Preview, first_image_column, preview_split
from explorer.data.hub.row_groups import read_footer
from explorer.data.hub.rows import read_split, read_whole, where_of
from explorer.data.hub.stream import read_streamed
from explorer.data.images.images import FILE
from explorer.data.tables.hf_features import card_class_names
from explorer.data.tables.source_table import SourceTable
from explorer.errors import ColumnError, DataError
from explorer.hub.dataset_details import DatasetDetails, dataset_details
from explorer.hub.dataset_splits import DatasetSplit
from explorer.hub.ranges import Meter
from explorer.jobs.progress import OnProgress
from explorer.settings import settings


def open_dataset(
    name: str,
    *,
    config: str | None = None,
    split: str | None = None,
    revision: str | None = None,
    text: str | None = None,
    label: LabelChoice = GUESS,
    vectors: str | None = None,
    images: ImageChoice = GUESS,
    limit: int | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Corpus:
    """Open rows of a dataset on the Hub; see `explorer.open_corpus`.

    From Parquet files, only the selected columns and small metadata columns are downloaded; images are a
    column of these. If a split has more rows than requested, random row groups are read and rows are sampled
    from these, not from the whole split. A single table of another format is read whole if it is within the
    limit on file size; otherwise the first rows are streamed.

    Raises:
        HubError: The dataset does not exist, access is denied, or the Hub does not respond.
        DataError: The rows cannot be used; the subclasses give the reason.
    """
    if limit is not None and limit < 1:
        raise DataError(f"The limit on rows is {limit}.", where=name, fix="Give 1 or more, or None.")
    details = dataset_details(name, revision)
    found = details.find_split(config, split)
    if found.kind in ("parquet", "streamed"):
        text, label, images = _columns(details, found, text, label, images)
        selected = _selected(text, label, vectors, images)
        known = card_class_names(details.features.get(found.config))
        if found.kind == "streamed":
            source = read_streamed(
                found, selected, metadata=True, limit=limit, classes=known, on_progress=on_progress
            )
        else:
            source = read_split(
                found, selected, metadata=True, limit=limit, seed=seed, classes=known, on_progress=on_progress
            )
    else:
        source = read_whole(found)
    corpus = make_corpus(
        source, text=text, label=label, limit=limit, seed=seed, vectors=vectors, images=images
    )
    return dataclasses.replace(
        corpus,
        origin=HubOrigin(
            name,
            found.config,
            found.split,
            found.commit,
            limit,
            seed,
            images=images if isinstance(images, str) else "",
        ),
        source=f"https://huggingface.co/datasets/{name}",
        licence=details.listing.licence or "",
    )


def _columns(
    details: DatasetDetails, found: DatasetSplit, text: str | None, label: LabelChoice, images: ImageChoice
) -> tuple[str | None, LabelChoice, ImageChoice]:
    """The columns of texts, labels and images of a split that is read by columns: guessed where not given.

    Raises:
        ColumnError: No column holds texts or images, or images would be streamed.
    """
    if isinstance(images, str) and found.kind == "streamed":
        raise ColumnError(
            "Of datasets on the Hub, only images in Parquet files are read.",
            where=where_of(found),
            fix="Download its files, and open their folder.",
        )
    if text is None or label is GUESS:
        preview = preview_split(details, found.config, found.split)
        images = preview.image if images is GUESS else images
        text, label = _guessed(preview, text, label, with_images=images is not None)
    elif images is GUESS:
        images = first_image_column(details, found)
    if text is None and images is None:
        raise ColumnError("No column holds text.", where=where_of(found), fix="Name the text column.")
    return text, label, images


def _guessed(
    preview: Preview, text: str | None, label: LabelChoice, *, with_images: bool
) -> tuple[str | None, str | None]:
    """The columns of texts and labels, where they are not given: the names of classes are no captions."""
    classes = {column.path for column in preview.columns if column.classes} if with_images else set()
    text = text or (None if preview.text in classes else preview.text)
    if label is not GUESS:
        return text, label
    guesses = (preview.label, preview.text if preview.text in classes else None)
    return text, next((path for path in guesses if path not in (None, text)), None)


def _selected(text: str | None, label: LabelChoice, vectors: str | None, images: ImageChoice) -> list[str]:
    """The columns to download, each once."""
    # The names of files come with the images; a column called so is small and read with the others.
    chosen = (None if isinstance(images, str) and text == FILE else text, label, vectors, images)
    return list(dict.fromkeys(path for path in chosen if isinstance(path, str)))


def read_table(split: DatasetSplit, on_progress: OnProgress | None = None) -> SourceTable:
    """All columns and rows of a split, up to the host's limits; for example, vectors without texts.

    Raises:
        HubError: As in `open_dataset`.
        DataError: As in `open_dataset`.
    """
    if split.kind == "streamed":
        return read_streamed(split, None, on_progress=on_progress)
    if split.kind != "parquet":
        return read_whole(split)
    footer = read_footer(split.files[0], Meter(settings().max_file_mb * 1_000_000)).footer
    return read_split(split, footer.schema.to_arrow_schema().names, on_progress=on_progress)
