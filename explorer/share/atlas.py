"""A space and its map as Embedding Atlas reads them: a table with texts, two coordinates and neighbours."""

from __future__ import annotations

import io
import shlex
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from explorer.analysis.distances import from_scores
from explorer.analysis.projection import Projection
from explorer.analysis.space import Space
from explorer.data.corpus import Corpus
from explorer.data.space_files.saved_table import free_name
from explorer.errors import DataError
from explorer.jobs.memory_limit import require_memory
from explorer.jobs.progress import OnProgress, counting
from explorer.scratch import whole_file
from explorer.share.export import numbered_table
from explorer.tensor import Neighbors

ENDING = ".parquet"
DIMS = 2
"""Dimensions of the maps that Embedding Atlas shows."""
_NEIGHBORS = 15  # of each row; Embedding Atlas computes as many
_RECALL = 0.95  # minimum, as for maps
_FOUND = ("projection_x", "projection_y", "__neighbors")  # as Embedding Atlas names what it computes
_ROW_BYTES = 2 * 4 + _NEIGHBORS * (8 + 4)  # of the coordinates and the neighbours


def export_for_atlas(
    space: Space, path: str | Path, projection: Projection, *, on_progress: OnProgress | None = None
) -> str:
    """Write a space and its map to a file that Embedding Atlas opens without computing anything.

    The file has the positions in the source, the columns of the corpus, the coordinates, and the 15 nearest
    rows of each row by cosine distance. With many rows, a few neighbours may be missing, as in maps.

    Args:
        space: The space.
        path: Ends in `.parquet`. A file of that name is replaced once the new one is complete.
        projection: A map of its rows in two dimensions.
        on_progress: Called while neighbours are found; an exception it raises stops the work.

    Returns:
        The command that opens the file in the folder where it is.

    Raises:
        DataError: The name has another ending, or the map has other dimensions or other rows.
        OSError: The file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ENDING:
        raise DataError(f'"{path.name}" does not end in {ENDING}.', fix=f"Give it the ending {ENDING}.")
    if projection.coordinates.shape != (len(space), DIMS):
        raise DataError(
            f"The map has {len(projection):,} rows in {projection.dims} dimensions; Embedding Atlas needs "
            f"{len(space):,} in {DIMS}.",
            where=space.corpus.name,
            fix="Make it with `space.project()`.",
        )
    near = atlas_neighbors(space, on_progress)
    with whole_file(path) as sink:
        _write(space.corpus, projection.coordinates, near, sink)
    return atlas_command(space.corpus, path.name)


def atlas_neighbors(space: Space, on_progress: OnProgress | None = None) -> Neighbors:
    """The nearest rows of each row by cosine, as the file has them."""
    told = counting(on_progress, "Finding neighbours")
    return space.index.neighbors(_NEIGHBORS, "cosine", min_recall=_RECALL, on_progress=told)


def atlas_bytes(corpus: Corpus, coordinates: NDArray[np.float32], near: Neighbors) -> bytes:
    """The bytes of the file that `export_for_atlas` writes.

    Args:
        corpus: The rows.
        coordinates: Those of each row on the map, float32, shape (rows, 2).
        near: The result of `atlas_neighbors` for these rows.
    """
    buffer = io.BytesIO()
    _write(corpus, coordinates, near, buffer)
    return buffer.getvalue()


def atlas_command(corpus: Corpus, name: str) -> str:
    """The command that opens the file of a corpus by its name, for a shell."""
    x, y, neighbors = _found_names(corpus)
    name = f"./{name}" if name.startswith("-") else name
    columns = ["--text", corpus.text, "--x", x, "--y", y, "--neighbors", neighbors]
    return shlex.join(["embedding-atlas", name, *columns])


def check_atlas(corpus: Corpus) -> None:
    """Raise an error for rows that cannot be exported as bytes.

    Raises:
        NotEnoughMemoryError: There is not enough memory for the bytes.
    """
    require_memory(
        2 * atlas_size(corpus), "The file", "Export the space in Python, or map fewer of its rows alone."
    )


def atlas_size(corpus: Corpus) -> int:
    """About how many bytes the file of a corpus has, at most."""
    return int(_ROW_BYTES * len(corpus) + corpus.table.nbytes)


def _found_names(corpus: Corpus) -> list[str]:
    """The names of the columns for x, y and the neighbours, in a database without upper and lower case."""
    taken = {name.lower() for name in numbered_table(corpus).column_names}
    return [free_name(name, taken) for name in _FOUND]


def _write(corpus: Corpus, coordinates: NDArray[np.float32], near: Neighbors, sink: BinaryIO) -> None:
    rows, k = near.indices.shape
    starts = pa.array(np.arange(rows + 1) * k, pa.int32())
    distances = from_scores(near.similarities, "cosine").astype(np.float32)
    neighbors = pa.StructArray.from_arrays(
        [
            pa.ListArray.from_arrays(starts, pa.array(near.indices.ravel())),
            pa.ListArray.from_arrays(starts, pa.array(distances.ravel())),
        ],
        names=["ids", "distances"],
    )
    table = numbered_table(corpus)
    found = [pa.array(coordinates[:, 0]), pa.array(coordinates[:, 1]), neighbors]
    for name, values in zip(_found_names(corpus), found, strict=True):
        table = table.append_column(name, values)
    pq.write_table(table, sink, compression="zstd")
