"""Arrays in numpy's format, from files that are not trusted."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.data.records import DamagedFileError

_MAGIC = b"\x93NUMPY\x01\x00"
# What numpy writes for these types. A pattern, because numpy evaluates headers as Python literals.
_HEADER = re.compile(
    rb"\{'descr': '([<|](?:f4|f8|i8|u1))', 'fortran_order': False, "
    rb"'shape': \(((?:\d{1,12}, ?)*(?:\d{1,12})?)\), \} *\n"
)


def read_npy(part: bytes, *types: str) -> NDArray[Any]:
    """The array in the bytes of a `.npy` file, which it shares.

    Args:
        part: The bytes.
        types: The types it may have, such as `f8`.

    Raises:
        DamagedFileError: It has another type, or another size than its header says.
    """
    start = len(_MAGIC) + 2
    end = start + int.from_bytes(part[len(_MAGIC) : start], "little")
    header = _HEADER.fullmatch(part[start:end])
    kind = "" if header is None else header[1].decode()
    if not part.startswith(_MAGIC) or header is None or kind[1:] not in types:
        raise DamagedFileError("an array has another type than expected")
    shape = tuple(int(size) for size in header[2].decode().split(",") if size.strip())
    dtype = np.dtype(kind)
    if dtype.itemsize * math.prod(shape) != len(part) - end:
        raise DamagedFileError("an array has another size than its header says")
    return np.frombuffer(part, dtype, offset=end).reshape(shape)
