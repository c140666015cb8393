"""A space as the TensorBoard Embedding Projector reads it.

A zip of `tensors.tsv`, `metadata.tsv` and `projector_config.pbtxt`. Unpacked, it is a folder for
`tensorboard --logdir`; projector.tensorflow.org loads the two tables. The Projector splits lines at tabs and
knows no quotation marks (tensorboard/plugins/projector in github.com/tensorflow/tensorboard).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from explorer.analysis.space import Space
from explorer.data.formulas import neutralise
from explorer.data.space_files.csv import write_vectors
from explorer.data.space_files.saved_table import free_name
from explorer.data.tables.python_values import as_strings
from explorer.errors import DataError
from explorer.jobs.memory_limit import require_memory
from explorer.scratch import whole_file
from explorer.share.export import numbered_table, plain_name

ENDING = ".zip"
TENSORS, METADATA, CONFIG = "tensors.tsv", "metadata.tsv", "projector_config.pbtxt"
TSNE_ROWS, UMAP_ROWS, TENSORBOARD_ROWS = 10_000, 5_000, 100_000
"""How many rows the Projector computes t-SNE and UMAP from, and how many TensorBoard loads."""
_FEWEST_DIMS = 2
_NUMBER_BYTES = 12
_PACKED = 0.6  # share of the bytes of such numbers that is left, at most
_PIECE_ROWS = 10_000
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def export_for_projector(space: Space, path: str | Path) -> None:
    """Write a space to a file for the TensorBoard Embedding Projector.

    Unpacked, the folder is opened by `tensorboard --logdir`; projector.tensorflow.org loads `tensors.tsv` and
    `metadata.tsv` from it. Vectors are kept bit for bit. The metadata are the positions in the source, the
    texts, the labels and the other columns, below a line with their names; `metadata_cell` says what is
    changed in texts. A file of that name is replaced once the new one is complete.

    Args:
        space: The space.
        path: Ends in `.zip`.

    Raises:
        DataError: The name has another ending, or the vectors have one dimension.
        OSError: The file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ENDING:
        raise DataError(f'"{path.name}" does not end in {ENDING}.', fix=f"Give it the ending {ENDING}.")
    _check_dims(space)
    with whole_file(path) as sink:
        _write(space, sink)


def projector_bytes(space: Space) -> bytes:
    """The bytes of the file that `export_for_projector` writes.

    Raises:
        DataError: The vectors have one dimension.
    """
    _check_dims(space)
    buffer = io.BytesIO()
    _write(space, buffer)
    return buffer.getvalue()


def projector_commands(name: str) -> str:
    """The commands that unpack a file by its name and open it."""
    folder = name.removesuffix(ENDING)
    return f"python -m zipfile -e {name} {folder}\ntensorboard --logdir {folder}"


def check_projector(space: Space) -> None:
    """Raise an error for a space that cannot be exported as bytes.

    Raises:
        DataError: The vectors have one dimension.
        NotEnoughMemoryError: There is not enough memory for the bytes.
    """
    _check_dims(space)
    require_memory(
        2 * projector_size(space), "The file", "Export the space in Python, or map fewer of its rows alone."
    )


def projector_size(space: Space) -> int:
    """About how many bytes the file of a space has, at most."""
    return int(_PACKED * _NUMBER_BYTES * len(space) * space.dims + space.corpus.table.nbytes)


def metadata_cell(text: str) -> str:
    """A text as a cell of `metadata.tsv`.

    The format has no way to write a tab or a line break: each run of control characters becomes a space. A
    text that a spreadsheet could run as a formula, or that begins with a quotation mark, gets an apostrophe,
    which `explorer.data.formulas.restore(cell, quoted=False)` removes.
    """
    return neutralise(_BREAKS.sub(" ", text), quoted=False)


def _check_dims(space: Space) -> None:
    if space.dims < _FEWEST_DIMS:
        raise DataError(
            "The Projector refuses vectors of one dimension.",
            where=space.corpus.name,
            fix="Choose an encoder with more dimensions.",
        )


def _write(space: Space, sink: BinaryIO) -> None:
    """Write the archive, some rows at a time."""
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(zipfile.ZipInfo(CONFIG), _config(space))
        with archive.open(METADATA, "w", force_zip64=True) as file:
            for lines in _metadata(numbered_table(space.corpus)):
                file.write(lines.encode())
        with archive.open(TENSORS, "w", force_zip64=True) as file:
            write_vectors(space.vectors, file, delimiter="\t", header=False)


def _metadata(table: pa.Table) -> Iterator[str]:
    """The lines of `metadata.tsv`. The first column has a number in every row, so that no line is blank."""
    names: list[str] = []
    for name in table.column_names:
        names.append(free_name(metadata_cell(name), set(names)))
    yield _line(names)
    for start in range(0, table.num_rows, _PIECE_ROWS):
        piece = table.slice(start, _PIECE_ROWS)
        yield "".join(map(_line, zip(*map(_cells, piece.columns), strict=True)))


def _line(cells: tuple[str, ...] | list[str]) -> str:
    return "\t".join(cells) + "\n"  # after the last line too: the Projector waits for it


def _cells(column: pa.ChunkedArray) -> list[str]:
    texts = as_strings(column)
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return list(map(metadata_cell, texts)) if is_text else texts


def _config(space: Space) -> str:
    """What TensorBoard reads of a folder; paths are relative to it."""
    return (
        "embeddings {\n"
        f'  tensor_name: "{plain_name(space.corpus.name)}"\n'
        f'  tensor_path: "{TENSORS}"\n'
        f'  metadata_path: "{METADATA}"\n'
        "}\n"
    )
