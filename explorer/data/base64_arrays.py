"""Arrays of numbers in JSON, as base64."""

from __future__ import annotations

import base64
import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from explorer.data.records import DamagedFileError, Record


def array_text(array: NDArray[np.floating]) -> str:
    """The numbers of an array, little-endian and in C order, as base64."""
    little = np.ascontiguousarray(array, f"<f{array.dtype.itemsize}")
    return base64.b64encode(little.tobytes()).decode()


def read_array(record: Record, key: str, dtype: Literal["f4", "f8"], shape: tuple[int, ...]) -> NDArray[Any]:
    """The array that `array_text` wrote.

    Args:
        record: The JSON object.
        key: Where it has the text.
        dtype: The type of the array.
        shape: Its shape.

    Raises:
        DamagedFileError: It is missing, has another size, or holds NaN or infinity.
    """
    text = record.text(key)
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise DamagedFileError(f"the array “{key}” is damaged") from error
    little = np.dtype(f"<{dtype}")
    if len(data) != little.itemsize * math.prod(shape):
        raise DamagedFileError(f"the array “{key}” has another size than expected")
    found = np.frombuffer(data, little).reshape(shape)
    if not np.isfinite(found).all():
        raise DamagedFileError(f"the array “{key}” holds NaN or infinity")
    return found.astype(dtype, copy=False)
