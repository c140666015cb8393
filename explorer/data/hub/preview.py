"""Preview of a dataset on the Hub: its columns and first rows, with a small download."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from explorer.data.columns import guess_label, guess_text
from explorer.data.hub.metadata_columns import is_plain, row_bytes, small_columns
from explorer.data.hub.nested import column_of_path, paths_in
from explorer.data.hub.preview_images import IMAGE_FILES, address_notes, first_thumbnails, names_image_files
from explorer.data.hub.row_groups import SPREAD, Part, RowGroup, read_footer, read_group
from explorer.data.hub.rows import MAX_FILES, PARTLY_CONVERTED, pick_columns, read_whole, where_of
from explorer.data.hub.stream import numbered, stream_rows
from explorer.data.images.columns import may_hold_images
from explorer.data.tables.arrow_columns import is_list_of_numbers, left_out
from explorer.data.tables.budget import Budget
from explorer.data.tables.hf_features import card_class_names, class_names, image_columns
from explorer.data.tables.source_table import SourceTable
from explorer.errors import ExplorerError, TooLargeError
from explorer.hub.dataset_details import DatasetDetails
from explorer.hub.dataset_splits import DatasetSplit
from explorer.hub.ranges import Meter

Kind = Literal["text", "label", "number", "vector", "image", "other"]

_PREVIEW_BYTES = 2_000_000
_PREVIEW_ROWS = 50
_COLUMN_BYTES = 150_000  # limit for one column until every column has been tried
_MAX_PATHS = 200
_STREAM_BLOCK = 200_000  # bytes per request to a streamed file


@dataclass(frozen=True)
class PreviewColumn:
    """A column, or a field in one, that can be selected.

    Attributes:
        path: Its name, or its path as in `explorer.data.hub.nested`.
        type: Its Arrow type.
        kind: Its probable content.
        classes: The class names, if it holds class numbers.
        column: The column that contains it.
        row_bytes: Mean download size of that column in bytes per row.
    """

    path: str
    type: str
    kind: Kind
    classes: tuple[str, ...] = ()
    column: str = ""
    row_bytes: float = 0.0


@dataclass(frozen=True, eq=False)
class Preview:
    """The beginning of a split.

    Attributes:
        columns: The columns that can be selected.
        head: The first rows of the columns that could be read; None if there are none.
        rows: Number of rows in the split; None if unknown.
        text: The path most likely to hold the texts; None if there is no candidate.
        label: The path most likely to hold the labels; None if there is no candidate.
        partial: One sentence for each part that is missing, with the reason.
        bytes_read: Bytes downloaded for the preview.
        footer_bytes: The part of `bytes_read` for the footer of the first file.
        image: The first column of images, if their bytes are in the files; None if there is none.
        thumbnails: The first images of that column: the name of each, and a small JPEG.
    """

    columns: tuple[PreviewColumn, ...]
    head: SourceTable | None
    rows: int | None
    text: str | None
    label: str | None
    partial: tuple[str, ...]
    bytes_read: int
    footer_bytes: int = 0
    image: str | None = None
    thumbnails: tuple[tuple[str, bytes], ...] = ()

    def download_bytes(self, split: DatasetSplit, paths: Sequence[str], limit: int) -> int | None:
        """Estimate the download for opening rows, in bytes, from the first row group; None if unknown.

        Args:
            split: The split.
            paths: Paths of the selected columns.
            limit: Number of rows.
        """
        if split.kind == "streamed":
            return None
        if split.kind != "parquet":
            return split.size
        sizes = {column.column: column.row_bytes for column in self.columns}
        selected = [column.column for column in self.columns if column.path in paths]
        known = [column.column for column in self.columns if column.kind not in ("vector", "image")]
        metadata = small_columns({name: sizes[name] for name in dict.fromkeys([*known, *selected])}, selected)
        most = limit * SPREAD
        rows = most if self.rows is None else min(self.rows, most)
        footers = self.footer_bytes * len(split.files[:MAX_FILES])
        return round(rows * sum(sizes[name] for name in {*selected, *metadata})) + footers


def preview_split(details: DatasetDetails, config: str | None = None, split: str | None = None) -> Preview:
    """Read the columns and the first rows of a split, with a download of at most 2 MB.

    Args:
        details: The dataset.
        config: As in `DatasetDetails.find_split`.
        split: As in `DatasetDetails.find_split`.

    Raises:
        NotOnHubError: There is no such configuration or split.
        HubUnreachableError: The Hub does not respond correctly.
        UnreadableFileError: The file is damaged.
        TooLargeError: The file's footer or its first rows exceed the limit.
    """
    found = details.find_split(config, split)
    classes = card_class_names(details.features.get(found.config))
    if found.kind == "streamed":
        return _preview_streamed(found, classes)
    if found.kind != "parquet":
        return _preview_file(found)
    meter = Meter(_PREVIEW_BYTES)
    part = read_footer(found.files[0], meter)
    footer_bytes = meter.spent
    schema = part.footer.schema.to_arrow_schema()
    head, missing = _head(part, schema, meter)
    partial = []
    if missing:
        partial.append(f"Too large to be shown here: {', '.join(missing[:12])}.")
    if not found.complete:
        partial.append(f"{PARTLY_CONVERTED} The rows after that are not among these.")
    image = _image(schema, details, found)
    thumbnails: tuple[tuple[str, bytes], ...] = ()
    if image is not None and part.groups and part.groups[0].rows:
        thumbnails, said = first_thumbnails(part, image, meter)
        partial += said
    total = found.rows if found.rows is not None or len(found.files) > 1 else part.footer.num_rows
    preview = _described(found, schema, head, {**classes, **class_names(schema)}, row_bytes(part, schema))
    return dataclasses.replace(
        preview,
        image=image,
        thumbnails=thumbnails,
        rows=total,
        partial=(*preview.partial, *partial),
        bytes_read=meter.spent,
        footer_bytes=footer_bytes,
    )


def first_image_column(details: DatasetDetails, split: DatasetSplit) -> str | None:
    """`Preview.image` of a split, by the footer of its first file alone.

    Raises the errors of `preview_split`.
    """
    if split.kind != "parquet":
        return None
    part = read_footer(split.files[0], Meter(_PREVIEW_BYTES))
    return _image(part.footer.schema.to_arrow_schema(), details, split)


def _image(schema: pa.Schema, details: DatasetDetails, split: DatasetSplit) -> str | None:
    names = image_columns(schema, details.features.get(split.config))
    return next((name for name in names if may_hold_images(schema.field(name).type)), None)


def _preview_streamed(split: DatasetSplit, classes: Mapping[str, Sequence[str]]) -> Preview:
    meter = Meter(_PREVIEW_BYTES)
    streamed = stream_rows(split, _PREVIEW_ROWS, meter, block=_STREAM_BLOCK)
    table = numbered(streamed.table, classes)
    readable = [field.name for field in table.schema if is_plain(field.type)]
    known = {**classes, **class_names(table.schema)}
    preview = _described(split, table.schema, table.select(readable), known, {})
    if preview.text in known:  # an image folder has no texts
        preview = dataclasses.replace(preview, text=None, label=preview.text)
    return dataclasses.replace(preview, rows=split.rows, bytes_read=meter.spent)


def _described(
    split: DatasetSplit,
    schema: pa.Schema,
    head: pa.Table,
    classes: Mapping[str, Sequence[str]],
    row_bytes: Mapping[str, float],
) -> Preview:
    """A preview of the columns, with guesses for text and label; `rows` and `bytes_read` are not set.

    Args:
        split: The split.
        schema: All its columns.
        head: Its first rows, with the columns that could be read.
        classes: Class names by path.
        row_bytes: Download size of each column in bytes per row.
    """
    paths = list(itertools.islice(paths_in(schema), _MAX_PATHS + 1))
    partial: tuple[str, ...] = (
        (f"Only the first {_MAX_PATHS} columns are shown.",) if len(paths) > _MAX_PATHS else ()
    )
    table, text, label = None, None, None
    images = any(left_out(kind) for _, kind in paths)
    shown = [
        path
        for path, _ in paths[:_MAX_PATHS]
        if head.num_rows and column_of_path(path, schema, "") in head.column_names
    ]
    if shown:
        rows = np.arange(1, head.num_rows + 1, dtype=np.int64)
        total = max(head.num_rows, split.rows or 0)
        table, text, label = _guessed(pick_columns(head, shown, classes, where_of(split), rows, total))
        partial = (*partial, *address_notes(table))
        if split.kind != "parquet" and (images or names_image_files(table)):
            partial = (*partial, IMAGE_FILES)
    columns = tuple(
        PreviewColumn(
            path,
            str(kind)[:200],
            _kind(path, kind, classes, table, text),
            tuple(classes.get(path, ())),
            name := column_of_path(path, schema, ""),
            row_bytes.get(name, 0.0),
        )
        for path, kind in paths[:_MAX_PATHS]
    )
    return Preview(columns, table, None, text, label, partial, 0)


def _head(part: Part, schema: pa.Schema, meter: Meter) -> tuple[pa.Table, list[str]]:
    """The first rows of the columns that fit into the byte limit, and the names of the other columns."""
    columns: dict[str, pa.ChunkedArray] = {}
    if not part.groups or part.groups[0].rows == 0:
        return pa.table({}), []
    group = RowGroup(0, 0, 0, part.groups[0].rows)
    missing = [field.name for field in schema if is_plain(field.type)]
    for bound in (_COLUMN_BYTES, _PREVIEW_BYTES):
        for name in missing:
            own = Meter(min(bound, _PREVIEW_BYTES - meter.spent))
            try:
                budget = Budget(part.file.where)
                table = read_group(part, group, [name], min(group.rows, _PREVIEW_ROWS), own, budget)
            except TooLargeError:
                continue
            finally:
                meter.spend(own.spent, part.file.where)
            columns[name] = table[name]
        missing = [name for name in missing if name not in columns]
    return pa.table(columns), missing


def _guessed(table: SourceTable) -> tuple[SourceTable, str | None, str | None]:
    try:
        text = guess_text(table)
    except ExplorerError:  # a preview without a text column is valid
        return table, None, None
    return table, text, guess_label(table, text)


def _kind(
    path: str,
    kind: pa.DataType,
    classes: Mapping[str, Sequence[str]],
    head: SourceTable | None,
    text: str | None,
) -> Kind:
    if path in classes:
        return "label"
    if is_list_of_numbers(kind):
        return "vector"
    if left_out(kind):
        return "image"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return "number"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        few = head is not None and path in head.table.column_names and text not in (None, path)
        return (
            "label"
            if few and head is not None and guess_label(_only(head, path), text or "") == path
            else "text"
        )
    return "other"


def _only(head: SourceTable, path: str) -> SourceTable:
    return dataclasses.replace(head, table=head.table.select([path]))


def _preview_file(split: DatasetSplit) -> Preview:
    size = split.size
    if size is None or size > _PREVIEW_BYTES:
        said = ("The dataset has no Parquet files: its rows are seen when the whole file is opened.",)
        return Preview((), None, split.rows, None, None, said, 0)
    source = read_whole(split)
    table, text, label = _guessed(source)
    files = (IMAGE_FILES,) if names_image_files(source) else ()
    partial: tuple[str, ...] = (*address_notes(source), *files)
    columns = tuple(
        PreviewColumn(field.name, str(field.type), "text" if field.name == text else "other")
        for field in source.table.schema
    )
    return Preview(columns, table, source.total_rows, text, label, partial, size)
