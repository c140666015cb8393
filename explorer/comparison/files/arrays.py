"""Arrays of a comparison's file, which are checked when they are read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.files.archive import Array
from explorer.data.records import DamagedFileError

_LARGEST = 1e18


class Arrays:
    """Arrays by name, whose types and shapes are checked when they are read.

    Args:
        arrays: The arrays of a file.
    """

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = arrays

    def __contains__(self, name: str) -> bool:
        return name in self._arrays

    def floats(self, name: str, *shape: int | None) -> NDArray[np.float64]:
        """An array of float64; None in the shape stands for any size.

        Raises:
            DamagedFileError: It is missing, has another type or shape, or a number is too large to be one
                of a comparison. NaN stands for no number.
        """
        found = self._arrays.get(name)
        if found is None or found.dtype != np.float64 or not _fits(found.shape, shape):
            raise DamagedFileError(f"the array {name} is missing or has another shape")
        if (np.abs(found) > _LARGEST).any():
            raise DamagedFileError(f"the array {name} has a number that is out of range")
        return found.astype(np.float64, copy=False)

    def integers(self, name: str, *shape: int | None, low: int, high: int) -> NDArray[np.int64]:
        """An array of int64 from `low` to `high`; None in the shape stands for any size.

        Raises:
            DamagedFileError: It is missing, has another type or shape, or a number is out of range.
        """
        found = self._arrays.get(name)
        if found is None or found.dtype != np.int64 or not _fits(found.shape, shape):
            raise DamagedFileError(f"the array {name} is missing or has another shape")
        if found.size and not low <= found.min() <= found.max() <= high:
            raise DamagedFileError(f"the array {name} has a number that is out of range")
        return found.astype(np.int64, copy=False)


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        size is None or size == own for own, size in zip(shape, wanted, strict=True)
    )
