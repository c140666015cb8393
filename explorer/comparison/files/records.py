"""JSON objects whose values are checked when they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard, TypeVar

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.files.archive import Array, DamagedArchiveError

T = TypeVar("T")
_LARGEST = 1e18


class Record:
    """A JSON object.

    Args:
        value: What should be one.
        name: What it is called in errors.

    Raises:
        DamagedArchiveError: It is none. All methods raise this for a value that is missing or is not as
            expected.
    """

    def __init__(self, value: Any, name: str) -> None:  # noqa: ANN401 - anything that JSON can hold
        if not isinstance(value, Mapping):
            raise DamagedArchiveError(f"{name} is missing or damaged")
        self._value = value
        self._name = name

    def text(self, key: str, most: int | None = None) -> str:
        """A text of at most so many characters (None: any number), all of which can be written as UTF-8."""
        return _text(self._value.get(key), f"{self._name}.{key}", most)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(_text(value, f"{self._name}.{key}", None) for value in self._list(key))

    def integer(self, key: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        value = self._value.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._wrong(key)
        return value

    def number(self, key: str, low: float, high: float) -> float:
        """A number from `low` to `high`."""
        value = self._value.get(key)
        if not _is_number(value, low, high):
            raise self._wrong(key)
        return float(value)

    def numbers(self, key: str) -> tuple[float, ...]:
        """A list of numbers, none of them too large to be one of a comparison."""
        values = self._list(key)
        if not all(_is_number(value, -_LARGEST, _LARGEST) for value in values):
            raise self._wrong(key)
        return tuple(values)

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self._value.get(key)
        if not isinstance(value, bool):
            raise self._wrong(key)
        return value

    def choice(self, key: str, allowed: tuple[T, ...]) -> T:
        """One of some values."""
        value = self._value.get(key)
        for one in allowed:
            if type(value) is type(one) and value == one:
                return one
        raise self._wrong(key)

    def record(self, key: str) -> Record:
        """A JSON object."""
        return Record(self._value.get(key), f"{self._name}.{key}")

    def records(self, key: str) -> tuple[Record, ...]:
        """A list of JSON objects."""
        return tuple(Record(value, f"{self._name}.{key}") for value in self._list(key))

    def optional(self, key: str, read: Callable[[str], T]) -> T | None:
        """What `read` gives for a key; None where the value is null or missing."""
        return None if self._value.get(key) is None else read(key)

    def _list(self, key: str) -> list[Any]:
        value = self._value.get(key)
        if not isinstance(value, list):
            raise self._wrong(key)
        return value

    def _wrong(self, key: str) -> DamagedArchiveError:
        return DamagedArchiveError(f"{self._name}.{key} is missing or damaged")


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
            DamagedArchiveError: It is missing, has another type or shape, or a number is too large to be one
                of a comparison. NaN stands for no number.
        """
        found = self._arrays.get(name)
        if found is None or found.dtype != np.float64 or not _fits(found.shape, shape):
            raise DamagedArchiveError(f"the array {name} is missing or has another shape")
        if (np.abs(found) > _LARGEST).any():
            raise DamagedArchiveError(f"the array {name} has a number that is out of range")
        return found.astype(np.float64, copy=False)

    def integers(self, name: str, *shape: int | None, low: int, high: int) -> NDArray[np.int64]:
        """An array of int64 from `low` to `high`; None in the shape stands for any size.

        Raises:
            DamagedArchiveError: It is missing, has another type or shape, or a number is out of range.
        """
        found = self._arrays.get(name)
        if found is None or found.dtype != np.int64 or not _fits(found.shape, shape):
            raise DamagedArchiveError(f"the array {name} is missing or has another shape")
        if found.size and not low <= found.min() <= found.max() <= high:
            raise DamagedArchiveError(f"the array {name} has a number that is out of range")
        return found.astype(np.int64, copy=False)


def _is_number(value: object, low: float, high: float) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        size is None or size == own for own, size in zip(shape, wanted, strict=True)
    )


def _text(value: object, name: str, most: int | None) -> str:
    if not isinstance(value, str) or (most is not None and len(value) > most):
        raise DamagedArchiveError(f"{name} is missing or damaged")
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON can hold half of a surrogate pair
        raise DamagedArchiveError(f"{name} is damaged") from None
    return value
