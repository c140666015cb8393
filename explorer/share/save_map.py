"""Saving a map of a space as one HTML file, in Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from explorer.analysis.projection import Projection
from explorer.analysis.region_names import name_regions
from explorer.analysis.space import Space
from explorer.analysis.trust import trust
from explorer.data.tables.source_table import list_names
from explorer.errors import ColumnError, QueryError
from explorer.jobs.progress import OnProgress
from explorer.scratch import whole_file
from explorer.share.map.colouring import Colouring, column_colouring
from explorer.share.map.contents import MapContents
from explorer.share.map.facts import map_facts
from explorer.share.map.page import MapPage, check_points
from explorer.share.published_space import checked_rows

_ENDINGS = (".html", ".htm")
_FEWEST = 3  # rows for figures of trust


def save_map(
    space: Space,
    path: str | Path,
    *,
    projection: Projection | None = None,
    colour: str | Sequence[object] | NDArray[np.generic] | None = None,
    rows: Sequence[int] | NDArray[np.int64] | None = None,
    texts: bool = True,
    on_progress: OnProgress | None = None,
) -> None:
    """Save a map as one HTML file that opens without a network, like the map of the app.

    It has the title, the legend, the names of groups and regions, and what made it: model, revision, prompt,
    projection, and how far to trust the map. `explorer.push_page` publishes it.

    Args:
        space: The space.
        path: Where to; its ending is `.html`. A file that is there is replaced.
        projection: A map of all rows in two dimensions; None for `space.project()`.
        colour: The name of a column, or a group or number for each row; None for the label column, if there
            is one.
        rows: Rows that are in it, from 0; None for all. The file has nothing about others, but for the
            figures of the whole map.
        texts: Whether it has the beginning of the text of each row, and names of regions from their words.
        on_progress: Called often. An exception it raises stops the work.

    Raises:
        QueryError: The projection has other rows or three dimensions, there is no such row, or the file has
            another ending; there are not as many colours as rows, they are neither all texts nor all
            numbers, or they are the texts that the file is to be without.
        ColumnError: There is no such column.
        EmptyDataError: No row is chosen.
        TooLargeError: More than 1,000,000 rows are, or more than 200,000 with texts.
        OSError: The file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in _ENDINGS:
        raise QueryError("A map is saved as HTML.", where=path.name, fix="Name it .html.")
    if not texts and isinstance(colour, str) and colour == space.corpus.text:
        raise QueryError(
            f'The legend would have the texts of "{colour:.100}".',
            where=space.corpus.name,
            fix="Colour by something else, or leave out `texts=False`.",
        )
    colouring = _colouring(space, colour)
    points = np.arange(len(space)) if rows is None else np.unique(checked_rows(rows, space.corpus))
    check_points(len(points), texts=texts, where=space.corpus.name)
    made = space.project() if projection is None else projection
    if made.coordinates.shape != (len(space), 2):
        raise QueryError(
            f"The map has shape {made.coordinates.shape}, and the space has {len(space):,} rows.",
            where=space.corpus.name,
            fix="Give a map of all rows in two dimensions.",
        )
    regions = None
    if texts and len(points) == len(space):  # those of a part are found from its own texts
        regions = name_regions(made.coordinates, space.corpus.captions, on_progress=on_progress)
    checked = trust(space.index, made, on_progress=on_progress) if len(space) >= _FEWEST else None
    page = MapPage(
        MapContents((made.coordinates,), colouring, regions),
        space.corpus,
        np.arange(len(space)),
        map_facts(space, made, checked),
    )
    content = page.html(points, texts=texts, on_progress=on_progress)
    with whole_file(path) as file:
        file.write(content)


def _colouring(space: Space, colour: str | Sequence[object] | NDArray[np.generic] | None) -> Colouring:
    corpus = space.corpus
    if colour is None or (isinstance(colour, str) and colour == corpus.label):
        return Colouring("") if corpus.labels is None else Colouring(corpus.label or "label", corpus.labels)
    if isinstance(colour, str):
        if colour not in corpus.table.column_names:
            raise ColumnError(
                f'There is no column "{colour:.100}".',
                where=corpus.name,
                fix=f"The columns are: {list_names(corpus.table.column_names)}.",
            )
        return column_colouring(colour, corpus.table[colour])
    if len(colour) != len(space):
        raise QueryError(
            f"There are {len(colour):,} colours for {len(space):,} rows.",
            where=corpus.name,
            fix="Give one for each row.",
        )
    return column_colouring("colour", pa.chunked_array([_values(colour, corpus.name)]))


def _values(colour: Sequence[object] | NDArray[np.generic], where: str) -> pa.Array:
    try:
        values = pa.array(colour)
    except pa.ArrowException as error:  # texts among numbers, or a matrix
        raise _no_colours(where) from error
    if pa.types.is_nested(values.type):
        raise _no_colours(where)
    return values


def _no_colours(where: str) -> QueryError:
    return QueryError(
        "The colours are not all texts, nor all numbers.",
        where=where,
        fix="Give a text or a number for each row.",
    )
