"""How much memory objects hold, counting what several of them share only once."""

from __future__ import annotations

import mmap
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from types import CellType, FunctionType
from typing import Any

import numpy as np
import pyarrow as pa

Parts = dict[int, int]  # bytes of each part, by an id that stays valid as long as the part's owner lives

_LARGE = 1_000  # items; collections with at least this many are parts of their own, which can be shared
_PLAIN = (str, bytes, int, float, type(None))
_NO_VALUE = CellType()  # a variable of a function that has none now
_OPENED = ("explorer.", "scipy.", "sklearn.", "bm25s")  # modules of classes whose attributes are followed


class Memory:
    """The memory of several objects together.

    Attributes:
        bytes: What they hold, each part counted once.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._holders: Counter[int] = Counter()

    def add(self, parts: Parts) -> None:
        """Add the parts of an object."""
        self.bytes += sum(size for part, size in parts.items() if not self._holders[part])
        self._holders.update(parts.keys())

    def remove(self, parts: Parts) -> None:
        """Remove the parts of an object that was added."""
        for part, size in parts.items():
            self._holders[part] -= 1
            if not self._holders[part]:
                del self._holders[part]
                self.bytes -= size


def parts_of(thing: object) -> Parts:
    """The parts of memory that a result holds.

    Arrays, tables and tensors are found in collections, in the attributes of our own classes and of those of
    scipy, scikit-learn and bm25s, and in what functions hold. Not counted: memory-mapped files (the system
    drops their pages by itself) and GPU memory.

    Args:
        thing: Any object that does not change much afterwards.

    Returns:
        The bytes of each buffer and each large collection, and of everything else together.
    """
    parts: Parts = {}
    mapped: set[int] = set()
    seen: set[int] = set()
    rest = 0
    stack: list[object] = [thing]
    while stack:
        one = stack.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        buffers = _buffers(one, mapped)
        if buffers is not None:
            parts.update(buffers)
            continue
        inside, size = _inside(one)
        others = [item for item in inside if not isinstance(item, _PLAIN)]
        # A list of a million texts is not copied to be measured.
        plain = inside if not others else [item for item in inside if isinstance(item, _PLAIN)]
        size += sum(map(sys.getsizeof, plain))
        stack += others
        if len(inside) >= _LARGE:
            parts[id(one)] = size
        else:
            rest += size
    parts = {part: size for part, size in parts.items() if part not in mapped}
    parts[id(thing)] = parts.get(id(thing), 0) + rest
    return parts


def _inside(thing: object) -> tuple[list[Any], int]:
    """The objects inside a collection or one of our objects, and its own bytes without them."""
    size = sys.getsizeof(thing)
    if isinstance(thing, Mapping):
        return [*thing, *thing.values()], size
    if isinstance(thing, list | tuple | set | frozenset):
        return list(thing), size
    if isinstance(thing, FunctionType):  # an encoder's holds the engine of TF-IDF
        return [cell.cell_contents for cell in thing.__closure__ or () if cell != _NO_VALUE], size
    if is_dataclass(thing) or type(thing).__module__.startswith(_OPENED):
        return list(getattr(thing, "__dict__", {}).values()), size
    return [], size


def _buffers(thing: object, mapped: set[int]) -> Iterable[tuple[int, int]] | None:
    """Address and size of each buffer of an array, table or tensor; None for anything else.

    Args:
        thing: Any object.
        mapped: Receives the addresses of buffers in memory-mapped files.
    """
    # Tensors exist only once torch is fully imported, so a missing or partial import means there are none.
    tensor = getattr(sys.modules.get("torch"), "Tensor", None)
    if isinstance(thing, np.ndarray):
        owner = thing
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        address: int = owner.__array_interface__["data"][0]
        if isinstance(owner.base, mmap.mmap):
            mapped.add(address)
        held = sum(map(sys.getsizeof, owner.flat)) if owner.dtype == object else 0
        return [(address, owner.nbytes + held)]
    if isinstance(thing, pa.Table):
        return [pair for column in thing.columns for pair in _arrow_buffers(column)]
    if isinstance(thing, pa.ChunkedArray | pa.Array):
        return list(_arrow_buffers(thing))
    if tensor is not None and isinstance(thing, tensor):
        storage = thing.untyped_storage()
        return [(storage.data_ptr(), storage.nbytes())] if thing.device.type == "cpu" else []
    return None


def _arrow_buffers(array: pa.ChunkedArray | pa.Array) -> Iterator[tuple[int, int]]:
    for chunk in array.chunks if isinstance(array, pa.ChunkedArray) else [array]:
        for buffer in chunk.buffers():
            if buffer is not None:
                yield buffer.address, buffer.size
        if isinstance(chunk, pa.DictionaryArray):
            yield from _arrow_buffers(chunk.dictionary)
