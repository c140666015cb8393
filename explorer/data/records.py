"""JSON objects of files, whose values are checked when they are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard, TypeVar

T = TypeVar("T")
_LARGEST = 1e18


class DamagedFileError(ValueError):
    """The bytes are not such a file, or it declares more than is read."""


def read_json(text: bytes, most_containers: int) -> Any:  # noqa: ANN401 - anything that JSON can hold
    """What a JSON text of a stranger holds.

    Args:
        text: The text in UTF-8; its length is bounded by the caller.
        most_containers: The most brackets: an empty list takes thirty times what it takes in JSON.

    Raises:
        DamagedFileError: It is not JSON, or would take too much memory.
    """
    if containers(text) > most_containers:
        raise DamagedFileError("it would take too much memory")
    try:
        return json.loads(text.decode(), parse_constant=_refuse)
    except DamagedFileError:
        raise
    except (ValueError, RecursionError) as error:
        raise DamagedFileError("it is cut short or damaged") from error


def containers(text: bytes) -> int:
    """The most lists and objects a JSON text can hold."""
    return text.count(b"[") + text.count(b"{")


class Record:
    """A JSON object.

    Args:
        value: What should be one.
        name: What it is called in errors.

    Raises:
        DamagedFileError: It is not one. All methods raise this for a value that is missing or is not as
            expected.
    """

    def __init__(self, value: Any, name: str) -> None:  # noqa: ANN401 - anything that JSON can hold
        if not isinstance(value, Mapping):
            raise DamagedFileError(f"{name} is missing or damaged")
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
        """A list of numbers, none of them too large to be meant."""
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

    def _wrong(self, key: str) -> DamagedFileError:
        return DamagedFileError(f"{self._name}.{key} is missing or damaged")


def _is_number(value: object, low: float, high: float) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _text(value: object, name: str, most: int | None) -> str:
    if not isinstance(value, str) or (most is not None and len(value) > most):
        raise DamagedFileError(f"{name} is missing or damaged")
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON can hold half of a surrogate pair
        raise DamagedFileError(f"{name} is damaged") from None
    return value


def _refuse(constant: str) -> float:
    raise DamagedFileError(f"{constant} is not a number in JSON")
