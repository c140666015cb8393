"""What the colours of a map show."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.data.tables.arrow_types import is_number
from explorer.numbers import readable_number

_ASIDE_COLOUR = 0.01  # share of numbers on each side clipped to the end of the scale
_NUMBERS_SHARE = 0.9  # a column counts as numeric when at least this share of its values are numbers


@dataclass(frozen=True, eq=False)
class Colouring:
    """What the colours of a map show.

    Attributes:
        title: The title of the legend.
        groups: The group of each row, "" for none; None if colours show numbers.
        numbers: A number for each row, NaN for none; None if colours show groups.
        order: The groups in the order of their colours; empty for large groups first.
    """

    title: str
    groups: Sequence[str] | None = None
    numbers: NDArray[np.float64] | None = None
    order: Sequence[str] = ()

    @functools.cached_property
    def ranked(self) -> tuple[NDArray[np.int64], list[str], NDArray[np.int64]]:
        """The groups as `ranked_groups` gives them; none if colours show numbers, or one colour."""
        return ranked_groups(self.groups or (), self.order)

    def of(self, rows: NDArray[np.int64]) -> Colouring:
        """The same of only some rows, int64, shape (rows,)."""
        groups = None if self.groups is None else [self.groups[row] for row in rows.tolist()]
        numbers = None if self.numbers is None else self.numbers[rows]
        return Colouring(self.title, groups, numbers, self.order)

    def value(self, row: int) -> str:
        """What the colour of a row shows, as text; "" for nothing."""
        if self.numbers is not None:
            number = float(self.numbers[row])
            return readable_number(number, 4) if np.isfinite(number) else ""
        return "" if self.groups is None else self.groups[row]


def column_colouring(name: str, column: pa.ChunkedArray) -> Colouring:
    """Colours of a metadata column: a scale if most values are numbers, else one colour per group."""
    different = column.unique().drop_null()
    values = different.to_pylist()
    # Nulls are beyond the last value. NaN, which is not itself, is no value either.
    places = pc.fill_null(pc.index_in(column, value_set=different), len(values)).to_numpy()
    numbers = np.append(_numbers(different), np.nan)[places]
    given = np.array([*(value == value and value != "" for value in values), False])[places]
    if given.any() and np.isfinite(numbers).sum() >= _NUMBERS_SHARE * given.sum():
        return Colouring(name, numbers=numbers)
    return Colouring(name, groups=np.array([*map(str, values), ""], dtype=object)[places].tolist())


def _numbers(values: pa.Array) -> NDArray[np.float64]:
    """Each value as a number; NaN for what is no finite number."""
    if is_number(values.type):
        numbers = values.to_numpy(zero_copy_only=False).astype(np.float64)
    else:
        numbers = np.array([_number(value) for value in values.to_pylist()], dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return float("nan")


def scale_ends(numbers: NDArray[np.float64]) -> tuple[float, float]:
    """The numbers at both ends of a colour scale: a few outliers must not give all others the same colour.

    Args:
        numbers: Finite, shape (numbers,).
    """
    if not len(numbers):
        return 0.0, 0.0
    low, high = np.quantile(numbers, (_ASIDE_COLOUR, 1 - _ASIDE_COLOUR))
    return float(low), float(high)


def ranked_groups(
    groups: Sequence[str], order: Sequence[str]
) -> tuple[NDArray[np.int64], list[str], NDArray[np.int64]]:
    """Groups in the order of their colours: as given, then large ones first, then by name.

    Args:
        groups: The group of each row, "" for none.
        order: Groups that come first.

    Returns:
        The number of each row's group, −1 for none, int64, shape (rows,); the names of the groups; and their
        sizes, int64, shape (groups,).
    """
    codes, names = pd.factorize(np.array(groups, dtype=object))
    sizes = np.bincount(codes, minlength=len(names))
    ranks = {name: rank for rank, name in enumerate(order)}
    ranked = sorted(
        (place for place, name in enumerate(names) if name),
        key=lambda place: (ranks.get(names[place], len(ranks)), -sizes[place], names[place]),
    )
    numbers = np.full(len(names), -1)
    numbers[ranked] = np.arange(len(ranked))
    return numbers[codes], [names[place] for place in ranked], sizes[ranked]
