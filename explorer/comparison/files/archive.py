"""A file of one JSON document and arrays, which can be opened without trusting it.

It is a zip archive with `document.json` and one `.npy` file per array, of int64 or float64. Nothing is
unpickled, and nothing is unpacked before its size is known: an archive that declares too much, or an array
whose header does not fit its bytes, is refused.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.data.npy import read_npy
from explorer.data.records import DamagedFileError, containers, read_json
from explorer.data.zip_parts import pack_parts, unpack_parts

Array = NDArray[np.int64] | NDArray[np.float64]

DOCUMENT = "document.json"
MOST_DOCUMENT_BYTES = 16_000_000  # as Python objects it can take some ten times as much
MOST_BYTES = 64_000_000  # of all parts; eight contenders of 200,000 rows with judgements take a fifth of it
MOST_CONTAINERS = 300_000  # brackets in the document: an empty list takes thirty times what it takes in JSON
_MOST_ARRAYS = 1_000


def pack(document: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """The bytes of a file.

    Args:
        document: What JSON can hold, without NaN.
        arrays: The arrays by name; names are letters, digits and hyphens.

    Raises:
        OverflowError: It is more than `unpack` reads.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    size = len(text) + sum(array.nbytes for array in arrays.values())
    if len(text) > MOST_DOCUMENT_BYTES or size > MOST_BYTES or containers(text) > MOST_CONTAINERS:
        raise OverflowError(f"the comparison has {size:,} bytes")
    parts = [(DOCUMENT, text), *((f"{name}.npy", array_bytes(array)) for name, array in arrays.items())]
    return pack_parts(parts)


def unpack(data: bytes) -> tuple[Any, dict[str, Array]]:
    """The document and the arrays of a file.

    Raises:
        DamagedFileError: It is no such file, or too large.
    """
    limits = {DOCUMENT: MOST_DOCUMENT_BYTES}
    content = unpack_parts(data, most_parts=_MOST_ARRAYS, most_bytes=MOST_BYTES, most=limits)
    if DOCUMENT not in content:
        raise DamagedFileError("it is cut short or damaged")
    document = read_json(content.pop(DOCUMENT), MOST_CONTAINERS)
    return document, {name.removesuffix(".npy"): array_from(part) for name, part in content.items()}


def array_bytes(array: Array) -> bytes:
    """An array as the bytes of a `.npy` file."""
    wide = np.ascontiguousarray(array, "<f8" if array.dtype.kind == "f" else "<i8")
    content = io.BytesIO()
    np.lib.format.write_array(content, wide, version=(1, 0), allow_pickle=False)
    return content.getvalue()


def array_from(part: bytes) -> Array:
    """The array that `array_bytes` wrote.

    Raises:
        DamagedFileError: It is none.
    """
    found = read_npy(part, "f8", "i8")
    if found.dtype.kind == "f":
        return found.astype(np.float64, copy=False)
    return found.astype(np.int64, copy=False)
