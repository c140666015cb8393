"""The weights in a safetensors file, which can stay there, mapped into memory.

The format is described at huggingface.co/docs/safetensors. Its own library copies what it gives to numpy.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.hub.json_values import as_count, as_list, as_table
from explorer.hub.safetensors_header import header_entries

_TYPES: dict[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),
    "I64": np.dtype("<i8"),
}


class WeightsError(ValueError):
    """The file is damaged, or has tensors of other types."""


def read_weights(path: Path, *, mapped: bool) -> dict[str, NDArray[np.float32]]:
    """The tensors of a file by name, float32.

    Args:
        path: The file.
        mapped: Whether tensors stored in float32 are mapped: their pages are read when they are used, and can
            be dropped when memory is short. A file that is cut short meanwhile then ends the process.

    Raises:
        WeightsError: The file is damaged, or has a tensor that is not float32, float16, bfloat16 or int64.
    """
    try:
        with path.open("rb") as file:

            def read(start: int, end: int) -> bytes:
                file.seek(start)
                return file.read(end - start)

            data, header = header_entries(read)
        # Copied when written to, which nobody does; OpenVINO shares only arrays that may be written to.
        whole = np.memmap(path, np.uint8, mode="c") if mapped else np.fromfile(path, np.uint8)
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path.name} cannot be read") from error
    content = whole.view(np.ndarray)[data:]
    return {name: _tensor(name, entry, content) for name, entry in header.items() if name != "__metadata__"}


def mapped_files(weights: Iterable[NDArray[np.float32]]) -> list[mmap.mmap]:
    """The files that weights are mapped from, each once."""
    files: dict[int, mmap.mmap] = {}
    for weight in weights:
        owner: object = weight
        while isinstance(owner, np.ndarray):
            owner = owner.base
        if isinstance(owner, mmap.mmap):
            files[id(owner)] = owner
    return list(files.values())


def drop_pages(files: Iterable[mmap.mmap]) -> None:
    """Drop what was read of mapped weights; what is needed is read again, mostly from the cache of files."""
    if hasattr(mmap, "MADV_DONTNEED"):
        for file in files:
            file.madvise(mmap.MADV_DONTNEED)


def _tensor(name: str, entry: object, content: NDArray[np.uint8]) -> NDArray[np.float32]:
    table = as_table(entry)
    kind = str(table.get("dtype"))
    if kind not in _TYPES:
        raise WeightsError(f"{name} is stored as {kind[:20]}")
    sizes, ends = ([as_count(one) for one in as_list(table.get(key))] for key in ("shape", "data_offsets"))
    shape = [size for size in sizes if size is not None]
    offsets = [end for end in ends if end is not None]
    if len(shape) != len(sizes) or len(offsets) != 2:
        raise WeightsError(f"the entry of {name} is damaged")
    start, end = offsets
    if end - start != math.prod(shape) * _TYPES[kind].itemsize or end > len(content):
        raise WeightsError(f"the entry of {name} is damaged")
    stored = content[start:end].view(_TYPES[kind]).reshape(shape)
    if kind == "BF16":  # the upper half of a float32
        stored = (stored.astype(np.uint32) << 16).view(np.float32)
    return np.require(stored, np.float32, ["ALIGNED", "C"])
