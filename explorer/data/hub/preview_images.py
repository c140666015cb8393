"""What a preview of a dataset shows and says of images."""

from __future__ import annotations

import numpy as np

from explorer.data.hub.row_groups import Part, RowGroup, read_group
from explorer.data.images.columns import address_note, image_column, names_images
from explorer.data.tables.budget import Budget
from explorer.data.tables.source_table import SourceTable
from explorer.errors import TooLargeError
from explorer.hub.ranges import Meter

_MOST = 12  # images
IMAGE_FILES = (
    "The images are files of their own or in archives, and none is downloaded: only images in Parquet files "
    "are read. Download the dataset and open its files here as an archive. Without a revision, the Hub's "
    "conversion to Parquet is read if there is one."
)


def first_thumbnails(
    part: Part, name: str, meter: Meter
) -> tuple[tuple[tuple[str, bytes], ...], tuple[str, ...]]:
    """The first images of a column of a file, as names and small JPEGs, and sentences for the screen.

    Args:
        part: The file, of which the first row group has rows.
        name: The column.
        meter: Bounds the download; images beyond it are left out, and a sentence says so.
    """
    most = min(part.groups[0].rows, _MOST)
    budget = Budget(part.file.where)
    try:
        group = RowGroup(0, 0, 0, part.groups[0].rows)
        table = read_group(part, group, [name], most, meter, budget)
        found = image_column(table[name].slice(0, most), name, budget)
    except TooLargeError:
        return (), (f'The images of column "{name}" are too large to be shown before they are read.',)
    if found is None:
        return (), ()
    there = np.flatnonzero(found.images.present()).tolist()
    return tuple((found.names[row], found.images.thumbnail(row)) for row in there), found.notes


def address_notes(head: SourceTable) -> tuple[str, ...]:
    """Sentences on the columns of addresses of images."""
    said = (address_note(name, head.table[name]) for name in head.table.column_names)
    return tuple(filter(None, said))


def names_image_files(head: SourceTable) -> bool:
    """Whether a column names files of images, as a table beside them does."""
    columns = ((name, head.table[name]) for name in head.table.column_names)
    return any(names_images(values) and not address_note(name, values) for name, values in columns)
