"""The one function that opens a corpus from any source."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from pathlib import Path

from explorer.data.corpus import Corpus
from explorer.data.corpus_from_table import GUESS, ImageChoice, LabelChoice, TextChoice, make_corpus
from explorer.data.formats.files import read_file
from explorer.data.formats.kinds import KINDS
from explorer.data.hf_datasets import from_dataset, is_dataset, is_saved_dataset, read_saved_dataset
from explorer.data.images.collections import read_folder
from explorer.data.images.images import IMAGE
from explorer.data.images.matching import with_images
from explorer.data.python import from_arrow, from_columns, from_data_frame, from_texts, is_data_frame
from explorer.data.samples import SAMPLES, open_sample
from explorer.data.tables.source_table import SourceTable, TableBuilder
from explorer.data.vector_columns import VectorColumn
from explorer.data.vector_matrix import with_texts
from explorer.errors import ColumnError, DataError, UnknownCorpusError
from explorer.hub.names import is_dataset_id
from explorer.jobs.progress import OnProgress


def open_corpus(
    source: object,
    *,
    text: TextChoice = None,
    label: LabelChoice = GUESS,
    limit: int | None = None,
    seed: int = 0,
    name: str | None = None,
    vectors: VectorColumn | None = None,
    images: ImageChoice | Path = GUESS,
    texts: object = None,
    config: str | None = None,
    split: str | None = None,
    revision: str | None = None,
    encoding: str | None = None,
    on_progress: OnProgress | None = None,
) -> Corpus:
    """Open a corpus.

    From a dataset on the Hub, only the text, label and vector columns and other small columns are downloaded,
    and with a limit only random row groups (drawn by the seed, then sampled down to the limit): the corpus's
    notes say which part of the rows was read, and which columns stay on the Hub.

    Args:
        source: A path to a file or to a folder of images, the name of a sample, a pandas DataFrame, an Arrow
            table (or what can become one, such as a Polars frame), a list of texts, a dict of columns, a
            `datasets.Dataset` or a folder written by its `save_to_disk`, or a dataset on the Hugging Face
            Hub, `owner/name`. A file or folder of that name takes precedence over the Hub.
        text: The text column; guessed when None. Several are joined in that order, by an empty line, into a
            column called like "subject + body"; what is empty is left out. From the Hub one is read.
        label: The label column, None for none; guessed when not given.
        limit: The most rows to keep, drawn at random without replacement, in their original order.
        seed: The seed of the draw.
        name: What to call the corpus; the file's or the sample's name when None.
        vectors: The column of the rows' own vectors, or `ALL` for a table of only numbers. They become
            `Corpus.vectors`.
        images: The images of the rows: the name of a column that holds them, or a folder or .zip archive with
            the files that a column of the table names, found by its values; None for none. When not given,
            the first column of images. Rows are encoded by their images where they have one, and the text
            column has their captions.
        texts: The texts of rows that have only vectors: anything `source` can be except a dataset, or a
            corpus, with one text per vector. `text` and `label` are then columns of it.
        config: The configuration of a dataset on the Hub; `default` or the first when None.
        split: Its split; `train` or the first when None. Columns inside records and lists are named by a
            path such as `answers.text` or `messages[0].content`.
        revision: Its branch, tag or commit; the newest when None.
        encoding: Python's name of a text file's encoding; detected from its bytes when None.
        on_progress: Called with the rows read from the Hub, or the bytes read from a file; an exception it
            raises stops the work.

    Raises:
        UnknownCorpusError: No sample and no file has that name.
        HubError: The Hub does not have the dataset, denies access to it, or does not answer.
        VectorError: A row's vector is missing or cannot be used.
        DataError: The rows cannot be used; its subclasses say why.
    """
    on_hub = isinstance(source, str) and is_on_hub(source, config, split, revision)
    if not on_hub and (config, split, revision) != (None, None, None):
        raise DataError(
            "Only datasets on the Hub have configurations, splits and revisions.",
            fix="Leave these out, or give owner/name.",
        )
    images = str(images) if isinstance(images, Path) else images
    if isinstance(source, str) and source in SAMPLES and vectors is None and texts is None:
        corpus = open_sample(source, text=text, label=label, limit=limit, seed=seed, images=images)
    elif texts is not None:
        table = read_table(source, name, seed, encoding, on_progress)
        if isinstance(texts, Corpus):
            text, label = text or texts.text, texts.label if label is GUESS else label
        described = corpus_table(texts) if isinstance(texts, Corpus) else read_table(texts, seed=seed)
        table, vectors = with_texts(table, vectors, described)
        corpus = _with_columns(table, text, label, limit, seed, vectors, images, on_progress)
    elif isinstance(source, str) and on_hub:
        from explorer.data.hub.dataset import open_dataset

        if isinstance(vectors, enum.Enum):
            raise ColumnError("A dataset on the Hub needs a column of vectors.", where=source, fix="Name it.")
        if text is not None and not isinstance(text, str):
            raise ColumnError(
                "From the Hub, one text column is read.",
                where=source,
                fix="Give one, or bring the rows as a table.",
            )
        corpus = open_dataset(
            source,
            config=config,
            split=split,
            revision=revision,
            text=text,
            label=label,
            vectors=vectors,
            images=images,
            limit=limit,
            seed=seed,
            on_progress=on_progress,
        )
    else:
        table = read_table(source, name, seed, encoding, on_progress)
        corpus = _with_columns(table, text, label, limit, seed, vectors, images, on_progress)
    return corpus if name is None else dataclasses.replace(corpus, name=name)


def read_table(
    source: object,
    name: str | None = None,
    seed: int = 0,
    encoding: str | None = None,
    on_progress: OnProgress | None = None,
) -> SourceTable:
    """Read any source of `open_corpus` except samples and the Hub, with all columns and no choice of one.

    Raises:
        UnknownCorpusError: There is no such file.
        DataError: It cannot be read.
    """
    if isinstance(source, str | Path):
        path = _existing(source)
        if path.is_dir():
            if is_saved_dataset(path):
                return read_saved_dataset(path, on_progress)
            return read_folder(path, read_file, seed=seed, on_progress=on_progress)
        return read_file(path, path.name, seed=seed, encoding=encoding, on_progress=on_progress)
    if isinstance(source, list | tuple):
        return from_texts(source, name or "texts")
    if is_dataset(source):
        return from_dataset(source, name or "dataset", on_progress)
    if isinstance(source, Mapping):
        return from_columns(source, name or "columns", on_progress)
    if is_data_frame(source):
        return from_data_frame(source, name or "data frame", on_progress)
    if hasattr(source, "__arrow_c_stream__"):
        return from_arrow(source, name or "table", on_progress)
    raise DataError(
        f"A corpus cannot be opened from {type(source).__name__}.",
        fix="Give a path, a sample's name, a data frame, a list of texts or a dict of columns.",
    )


def corpus_table(corpus: Corpus) -> SourceTable:
    """The rows of a corpus as a table, with all columns and no choice of one."""
    builder = TableBuilder(corpus.name, "python")
    for name in corpus.table.column_names:
        builder.add(name, corpus.table[name])
    images = {} if corpus.images is None else {IMAGE: corpus.images}
    return dataclasses.replace(builder.finish(), images=images)


def _with_columns(
    table: SourceTable,
    text: TextChoice,
    label: LabelChoice,
    limit: int | None,
    seed: int,
    vectors: VectorColumn | None,
    images: ImageChoice,
    on_progress: OnProgress | None,
) -> Corpus:
    """A corpus of a table, with the images of a column or of the files beside it."""
    if isinstance(images, str) and images not in table.images:
        table, images = with_images(table, images, on_progress), IMAGE
    return make_corpus(table, text=text, label=label, limit=limit, seed=seed, vectors=vectors, images=images)


def is_on_hub(
    source: str, config: str | None = None, split: str | None = None, revision: str | None = None
) -> bool:
    """Whether a string names a dataset on the Hub: it looks like one and not like a file."""
    if not is_dataset_id(source):
        return False
    if config is not None or split is not None or revision is not None:
        return True
    return Path(source).suffix.lower() not in KINDS and not Path(source).exists()


def _existing(source: str | Path) -> Path:
    """The path of an existing file or folder.

    Raises:
        UnknownCorpusError: It does not exist.
    """
    shown = f"{source!s:.100}"
    samples = ", ".join(SAMPLES)
    try:
        path = Path(source).expanduser()
        if str(source) and (path.is_file() or path.is_dir()):
            return path
    except (OSError, RuntimeError):
        pass  # not a possible file name: a text instead of a list, or the home of an unknown user
    raise UnknownCorpusError(
        f'There is no file "{shown}" in {Path.cwd()} and no sample of that name.',
        fix=f"Check the path, or open a sample: {samples}.",
    )
