"""A space as a file, and the rows of a file that a space was saved to."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from explorer.analysis.embedded import EmbeddedCorpus
from explorer.analysis.saved_transforms import saved_transforms, transform_record
from explorer.analysis.transforms import Transform
from explorer.data.corpus import Corpus
from explorer.data.records import DamagedFileError
from explorer.data.space_files.csv import check_csv, write_csv, write_vectors
from explorer.data.space_files.facts import MOST_DIMS, damaged, facts_text, read_facts, rows_of
from explorer.data.space_files.npz import write_npz
from explorer.data.space_files.parquet import write_parquet, write_rows
from explorer.data.space_files.safetensors import write_safetensors
from explorer.data.space_files.saved_images import check_size, images_size
from explorer.data.space_files.saved_rows import corpus_from, rows_facts
from explorer.data.space_files.saved_table import VECTORS, SavedTable, free_name
from explorer.data.tables.source_table import SourceTable
from explorer.data.vector_matrix import vectors_of
from explorer.encode.saved_encoder import SavedEncoder, saved_encoder, saved_encoder_of, saved_encoder_record
from explorer.errors import DataError
from explorer.jobs.memory_limit import require_memory
from explorer.scratch import whole_file

WRITERS: Mapping[str, Callable[[SavedTable, BinaryIO], None]] = {
    ".parquet": write_parquet,
    ".csv": write_csv,
    ".npz": write_npz,
    ".safetensors": write_safetensors,
}
"""The writer of each format, by the ending of its files."""
_CSV_CHARS = 12  # of a number


def save_space(space: EmbeddedCorpus, path: Path, *, vectors_only: bool = False) -> None:
    """Write a space to a file; see `Space.save`."""
    ending = path.suffix.lower()
    if ending not in WRITERS or (vectors_only and ending != ".csv"):
        raise DataError(
            f'A space cannot be saved as "{path.name}".',
            fix="Vectors alone are saved as .csv."
            if vectors_only
            else f"Give it one of the endings {', '.join(WRITERS)}.",
        )
    saved = None
    if not vectors_only:  # first, since it can fail
        _check_format(space.corpus, ending)
        saved = saved_table(space)
    with whole_file(path) as sink:
        if saved is None:
            write_vectors(space.vectors, sink)
        else:
            WRITERS[ending](saved, sink)


def space_bytes(space: EmbeddedCorpus, ending: str) -> bytes:
    """The bytes of the file that `save_space` writes, by one of the endings of `WRITERS`.

    Raises:
        DataError: As for `Space.save`.
    """
    _check_format(space.corpus, ending)
    buffer = io.BytesIO()
    WRITERS[ending](saved_table(space), buffer)
    return buffer.getvalue()


def check_space_file(space: EmbeddedCorpus, ending: str) -> None:
    """Raise an error for a space that cannot be written in a format.

    Raises:
        DataError: The format cannot hold these rows.
        TooLargeError: With its images, the file would be larger than one that is opened again.
        NotEnoughMemoryError: There is not enough memory for its bytes.
    """
    _check_format(space.corpus, ending)
    if space.corpus.images is not None:
        check_size(file_size(space, ending), space.corpus.name)
    if ending == ".csv":
        check_csv(space.corpus.table, space.dims, space.corpus.name)
    require_memory(
        2 * file_size(space, ending), "The file", "Save the space in Python, or open fewer of its rows."
    )


def file_size(space: EmbeddedCorpus, ending: str) -> int:
    """About how many bytes a file of a space has."""
    numbers = len(space) * space.dims * (_CSV_CHARS if ending == ".csv" else 4)
    return int(numbers + rows_size(space.corpus))


def rows_size(corpus: Corpus) -> int:
    """About how many bytes rows take in a file, without vectors."""
    return int(corpus.table.nbytes) + images_size(corpus.images)


def saved_table(space: EmbeddedCorpus) -> SavedTable:
    """A space as it is written to files of any format.

    Raises:
        TooLargeError: The images, or the transforms of a derived space, are too large for a file.
    """
    dims = space.vectors.shape[1] if not space.transforms else None
    encoder = None if space.spec is None else saved_encoder_of(space.corpus, space.encoder, dims)
    return _saved(space.corpus, space.vectors, encoder, space.transforms)


def rows_bytes(corpus: Corpus) -> bytes:
    """The bytes of a Parquet file with rows, and with the vectors that they brought along, if any.

    Raises:
        DataError: An image cannot be written; see `SavedImages.pieces`.
        TooLargeError: The images, or the transforms of their vectors, are too large for a file.
    """
    sink = io.BytesIO()
    if corpus.vectors is not None:
        encoder = saved_encoder(corpus)
        transforms = () if encoder is None else saved_transforms(corpus)
        write_parquet(_saved(corpus, corpus.vectors, encoder, transforms), sink)
    else:
        table, images, about = rows_facts(corpus, 0)
        write_rows(table, images, facts_text({**about, "dims": None}, corpus.name), sink)
    return sink.getvalue()


def _check_format(corpus: Corpus, ending: str) -> None:
    """Raise DataError for rows with images and a format that does not hold them."""
    if corpus.images is not None and ending != ".parquet":
        raise DataError(
            f"Images are saved in Parquet files, and not as {ending}.",
            where=corpus.name,
            fix="Save the space as .parquet. In Python, its vectors alone can be saved as .csv.",
        )


def saved_corpus(source: SourceTable) -> Corpus:
    """The rows of a saved space, with its vectors as their own; or those that `rows_bytes` wrote.

    Args:
        source: The table of its file, which has facts.

    Raises:
        UnreadableFileError: The facts do not fit the table, or are from a newer Explorer.
        VectorError: A vector is missing, or holds NaN or infinity.
        TooLargeError: The vectors take more memory than the host allows.
    """
    facts = read_facts(source.facts, source.name)
    try:
        dims = facts.optional("dims", lambda key: facts.integer(key, 1, MOST_DIMS))
        if dims is None:
            return corpus_from(facts, source, None, "")
        vectors = vectors_of(source, next(iter(source.vectors), ""))
        if vectors.shape != (rows_of(facts), dims):
            raise DamagedFileError("it has other vectors than its facts say")
        corpus = corpus_from(facts, source, vectors, next(iter(source.vectors)))
        saved_line(corpus)  # reads all that the facts say of the vectors
    except (DamagedFileError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise damaged((str(error).splitlines() or [""])[0], source.name) from error
    return corpus


def saved_line(corpus: Corpus) -> str:
    """What a saved space is, in one line; "" for other rows."""
    if corpus.saved is None or corpus.vectors is None:
        return ""
    encoder = saved_encoder(corpus)
    dims = f"{corpus.vectors.shape[1]:,} dimensions"
    made = "" if encoder is None else f"{encoder.name}, "
    changed = ", ".join(step.name for step in saved_transforms(corpus))
    parts = [f"Saved space: {made}{dims}"]
    parts += [f"changed by {changed}"] if changed else []
    parts += [f"encoded in {encoder.dtype}"] if encoder is not None else []
    return f"{', '.join(parts)}, saved on {corpus.saved.text('saved', 40)}."


def _saved(
    corpus: Corpus,
    vectors: NDArray[np.float32],
    encoder: SavedEncoder | None,
    transforms: Sequence[Transform],
) -> SavedTable:
    table, images, about = rows_facts(corpus, vectors.nbytes)
    about |= {
        "dims": vectors.shape[1],
        "encoder": None if encoder is None else saved_encoder_record(encoder),
        # Queries are placed among the vectors by these; without an encoder there are none.
        "transforms": [] if encoder is None else [transform_record(step) for step in transforms],
    }
    taken = {*table.column_names, *([] if images is None else [images.column])}
    facts = facts_text(about, corpus.name)
    return SavedTable(corpus.name, table, vectors, free_name(VECTORS, taken), facts, images)
