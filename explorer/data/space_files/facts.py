"""The facts in the file of a saved space: one JSON text about its table, its vectors and their encoder.

They are read as far as a table needs them here; `explorer.analysis.space_files` reads the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from explorer.data.file_format import check_format, format_record
from explorer.data.records import DamagedFileError, Record, read_json
from explorer.data.tables.python_values import known_zone
from explorer.data.tables.source_table import MAX_COLUMNS
from explorer.errors import TooLargeError, UnreadableFileError
from explorer.settings import settings

KEY = "explorer.space"
"""Where a file's metadata has the facts."""
FORMAT = "explorer space"
VERSION = 1  # increase it when an older Explorer would read a file wrongly
MOST_BYTES = 12_000_000  # of the text; footers of Parquet files are read up to 16 MB
_MOST_CONTAINERS = 20_000
_MOST_ROWS = 2**40
MOST_DIMS = 100_000  # of a vector
_TIMESTAMP = re.compile(r"timestamp\[(s|ms|us|ns), tz=([\w/+:-]{1,60})\]")
_OTHER_TYPES = (
    pa.types.is_string,
    pa.types.is_null,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_float32,
    pa.types.is_float64,
    pa.types.is_temporal,
)
_DECIMAL = re.compile(r"decimal(32|64|128|256)\((\d{1,2}), (\d{1,2})\)")


def facts_text(about: Mapping[str, Any], where: str) -> str:
    """The facts as text.

    Args:
        about: What they say besides the format.
        where: The space, for messages.

    Raises:
        TooLargeError: They are longer than any reader takes.
    """
    text = json.dumps({**format_record(FORMAT, VERSION), **about}, ensure_ascii=False, allow_nan=False)
    data = text.encode("utf-8", "replace")
    if len(data) > MOST_BYTES:
        raise TooLargeError(
            "The transforms of this space are too large for a file.",
            where=where,
            fix="Save the space that it was derived from, and derive it again after opening.",
        )
    return data.decode()


def read_facts(text: str | bytes, name: str) -> Record:
    """The facts of a file.

    Args:
        text: Their text.
        name: The file's name, for messages.

    Raises:
        UnreadableFileError: They are damaged, or from a newer Explorer.
    """
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    try:
        if len(data) > MOST_BYTES:
            raise DamagedFileError("its facts are too long")
        facts = Record(read_json(data, _MOST_CONTAINERS), "facts")
        check_format(facts, FORMAT, VERSION, name)
    except DamagedFileError as error:
        raise damaged(error, name) from error
    return facts


def check_rows(facts: bytes | str, name: str) -> None:
    """Raise an error for a saved space that cannot be opened whole.

    Raises:
        UnreadableFileError: Its facts are damaged, or from a newer Explorer.
        TooLargeError: It has more rows than the host allows: a part of it would be another space.
    """
    try:
        rows, most = rows_of(read_facts(facts, name)), settings().max_rows
    except DamagedFileError as error:
        raise damaged(error, name) from error
    if rows > most:
        raise too_many_rows(rows, name)


def too_many_rows(rows: int, name: str) -> TooLargeError:
    """The error for a saved space with more rows than the host allows."""
    return TooLargeError(
        f"The space has {rows:,} rows; up to {settings().max_rows:,} are opened.",
        where=name,
        fix="Save a part of it, or ask the host to raise EXPLORER_MAX_ROWS.",
    )


def damaged(reason: Exception | str, name: str) -> UnreadableFileError:
    """The error for a file of a saved space that cannot be opened; the reason has no full stop."""
    return UnreadableFileError(
        f"This is not a saved space that can be opened: {reason}.",
        where=name,
        fix="Copy or download it again, or save the space again.",
    )


def columns_record(table: pa.Table) -> list[dict[str, str]]:
    """The names and types of columns, as facts have them."""
    return [{"name": field.name, "type": str(field.type)} for field in table.schema]


def columns_of(facts: Record) -> dict[str, pa.DataType]:
    """The names and types of the columns of a saved table, in their order.

    Raises:
        DamagedFileError: The facts do not say it.
    """
    records = facts.records("columns")
    columns = {record.text("name"): type_named(record.text("type", 100)) for record in records}
    if not columns or len(columns) < len(records) or len(columns) > MAX_COLUMNS:
        raise DamagedFileError("its columns have no names of their own")
    return columns


def rows_of(facts: Record) -> int:
    """The number of rows.

    Raises:
        DamagedFileError: The facts do not say it.
    """
    return facts.integer("rows", 1, _MOST_ROWS)


def type_named(name: str) -> pa.DataType:
    """The type of a column by the name that Arrow gives it; without a time zone that is not known here.

    Raises:
        DamagedFileError: No column of a corpus has such a type.
    """
    if found := _TIMESTAMP.fullmatch(name):
        zoned = pa.timestamp(found[1], found[2])
        return zoned if known_zone(zoned) else pa.timestamp(found[1])
    try:
        if found := _DECIMAL.fullmatch(name):
            make = getattr(pa, f"decimal{found[1]}")
            return make(int(found[2]), int(found[3]))
        kind = pa.type_for_alias(name)
    except ValueError as error:
        raise DamagedFileError("a column has an unknown type") from error
    if not any(is_one(kind) for is_one in _OTHER_TYPES):
        raise DamagedFileError("a column has a type that no column of rows has")
    return kind
