"""Datasets of the library `datasets`: in memory, and in folders written by its `save_to_disk`.

The library is imported for such a folder only: a caller with a `datasets.Dataset` has already imported it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from explorer.data.python import from_arrow
from explorer.data.tables.hf_features import class_names, named
from explorer.data.tables.source_table import SourceTable, list_names
from explorer.errors import DataError, EmptyDataError, UnreadableFileError
from explorer.jobs.progress import OnProgress

_SAVED = ("state.json", "dataset_dict.json")  # a folder of one dataset, and one of several splits


def is_dataset(source: object) -> bool:
    """Whether it is a `Dataset` or `DatasetDict` of that library; checks this without importing it."""
    library = sys.modules.get("datasets")
    return library is not None and isinstance(source, library.Dataset | library.DatasetDict)


def is_saved_dataset(folder: Path) -> bool:
    """Whether `save_to_disk` wrote a folder."""
    return any((folder / name).is_file() for name in _SAVED)


def from_dataset(
    source: Any,  # noqa: ANN401 - datasets is not imported
    name: str,
    on_progress: OnProgress | None = None,
) -> SourceTable:
    """A table from a `datasets.Dataset`, with class names instead of class numbers.

    Files of images that it names by their paths are opened, as the library itself would.

    Args:
        source: A dataset; one with several splits is refused with an error that names them.
        name: What to call the table.
        on_progress: Called with the number of images read; an exception it raises stops the work.

    Raises:
        DataError: It has several splits.
        EmptyDataError: No column or no row.
    """
    if isinstance(source, dict):
        raise DataError(
            f"This dataset has splits: {list_names(list(source))}.",
            where=name,
            fix=f'Give one of them: dataset["{next(iter(source), "train")}"].',
        )
    if not source.num_rows:
        raise EmptyDataError("There are no rows.", where=name)
    table = source.with_format("arrow")[:]
    for column, names in class_names(source.features.arrow_schema).items():
        if column in table.column_names:
            place = table.column_names.index(column)
            table = table.set_column(place, column, named(table[column], names))
    return from_arrow(table, name, on_progress, open_paths=True)


def read_saved_dataset(folder: Path, on_progress: OnProgress | None = None) -> SourceTable:
    """The dataset in a folder written by `save_to_disk`.

    Raises:
        DataError: It has several splits, or `datasets` is not installed.
        UnreadableFileError: Files in it are missing or damaged.
        EmptyDataError: No column or no row.
    """
    splits = [child.name for child in sorted(folder.iterdir()) if is_saved_dataset(child)]
    if splits:
        raise DataError(
            f"This dataset has splits: {list_names(splits)}.",
            where=str(folder),
            fix=f"Give the folder of one of them: {folder / splits[0]}.",
        )
    try:
        import datasets
    except ImportError as error:
        raise not_installed(str(folder)) from error
    try:
        saved = datasets.load_from_disk(str(folder))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableFileError(
            f"The folder holds no dataset that can be read ({error!s:.200}).",
            where=str(folder),
            fix="Save the dataset again with save_to_disk.",
        ) from error
    return from_dataset(saved, folder.name, on_progress)


def not_installed(where: str) -> DataError:
    """The error for a missing library."""
    return DataError(
        "Reading this requires the library datasets, which is not installed.",
        where=where,
        fix="Install it: pip install 'explorer[datasets]'.",
    )
