"""What a filter asks of a column; the rows that pass are found in `rows`."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from explorer.errors import FilterError

MAX_FILTERS = 16
MAX_VALUES = 200  # of one filter
MAX_TEXT = 200  # characters to look for
_FIX = "Change the filter."


@dataclass(frozen=True)
class OneOf:
    """Rows whose value, as text, is one of some.

    Attributes:
        column: The column.
        values: The values as `as_strings` writes them; "" for a missing one.
    """

    column: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.values) <= MAX_VALUES:
            raise FilterError(
                f"The filter names {len(self.values):,} values; it takes 1 to {MAX_VALUES:,}.",
                where=self.column,
                fix=_FIX,
            )


@dataclass(frozen=True)
class Between:
    """Rows whose number is in a range, both ends included.

    Attributes:
        column: The column.
        low: The lowest number; None for any.
        high: The highest number; None for any.
        missing: Whether rows without a number pass as well.
    """

    column: str
    low: float | None = None
    high: float | None = None
    missing: bool = False

    def __post_init__(self) -> None:
        ends = [end for end in (self.low, self.high) if end is not None]
        if not all(map(math.isfinite, ends)):
            raise FilterError("The ends of the range are not numbers.", where=self.column, fix=_FIX)
        _check_order(self.column, ends)


@dataclass(frozen=True)
class During:
    """Rows whose date or time is in a range, both ends included.

    Attributes:
        column: The column.
        first: The earliest minute, in UTC where the column has a time zone; None for any.
        last: The latest minute, of which all seconds are included; None for any.
        missing: Whether rows without a date pass as well.
    """

    column: str
    first: dt.datetime | None = None
    last: dt.datetime | None = None
    missing: bool = False

    def __post_init__(self) -> None:
        ends = [end for end in (self.first, self.last) if end is not None]
        if any(end.tzinfo is not None or end.second or end.microsecond for end in ends):
            raise FilterError("The ends of the range are not whole minutes.", where=self.column, fix=_FIX)
        _check_order(self.column, ends)


@dataclass(frozen=True)
class Contains:
    """Rows whose value, as text, contains a text; case and accents make no difference.

    Attributes:
        column: The column.
        text: The text to look for, as it is: no character has a special meaning.
    """

    column: str
    text: str

    def __post_init__(self) -> None:
        if not self.text.strip() or len(self.text) > MAX_TEXT:
            raise FilterError(
                f"The text to look for has {len(self.text):,} characters; the filter takes 1 to {MAX_TEXT}.",
                where=self.column,
                fix=_FIX,
            )


Filter = OneOf | Between | During | Contains


def _check_order(column: str, ends: Sequence[float] | Sequence[dt.datetime]) -> None:
    if len(ends) == 2 and ends[0] > ends[1]:  # type: ignore[operator]  # both are of one type
        raise FilterError("The range ends before it begins.", where=column, fix=_FIX)
