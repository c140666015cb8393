"""A file of one JSON document and arrays, which can be opened without trusting it.

It is a zip archive with `document.json` and one `.npy` file per array, of int64 or float64. Nothing is
unpickled, and nothing is unpacked before its size is known: an archive that declares too much, or an array
whose header does not fit its bytes, is refused.
"""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.data.records import DamagedFileError, containers, read_json

Array = NDArray[np.int64] | NDArray[np.float64]

DOCUMENT = "document.json"
MOST_DOCUMENT_BYTES = 16_000_000  # as Python objects it can take some ten times as much
MOST_BYTES = 64_000_000  # of all parts; eight contenders of 200,000 rows with judgements take a fifth of it
_MOST_CONTAINERS = 300_000  # brackets in the document: an empty list takes thirty times what it takes in JSON
_MOST_ARRAYS = 1_000
_MAGIC = b"\x93NUMPY\x01\x00"
# What numpy writes for the two types. A pattern, because numpy evaluates headers as Python literals.
_HEADER = re.compile(
    rb"\{'descr': '<(f8|i8)', 'fortran_order': False, 'shape': \(((?:\d{1,12}, ?)*(?:\d{1,12})?)\), \} *\n"
)


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
    if len(text) > MOST_DOCUMENT_BYTES or size > MOST_BYTES or containers(text) > _MOST_CONTAINERS:
        raise OverflowError(f"the comparison has {size:,} bytes")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, DOCUMENT, text)
        for name, array in arrays.items():
            wide = np.ascontiguousarray(array, "<f8" if array.dtype.kind == "f" else "<i8")
            content = io.BytesIO()
            np.lib.format.write_array(content, wide, version=(1, 0), allow_pickle=False)
            _add(archive, f"{name}.npy", content.getvalue())
    return out.getvalue()


def unpack(data: bytes) -> tuple[Any, dict[str, Array]]:
    """The document and the arrays of a file.

    Raises:
        DamagedFileError: It is no such file, or too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_sizes(entries)
            content = {entry.filename: archive.read(entry) for entry in entries}
        text = content.pop(DOCUMENT)
        document = read_json(text, _MOST_CONTAINERS)
    except DamagedFileError:
        raise
    # What zipfile and json raise for bytes that are not theirs.
    except (
        zipfile.BadZipFile,
        zlib.error,
        ValueError,
        KeyError,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise DamagedFileError("it is cut short or damaged") from error
    return document, {name.removesuffix(".npy"): _array(part) for name, part in content.items()}


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a part without the time, so that equal contents give equal files."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    """Check what an archive declares; `ZipFile.read` never gives more than that."""
    document = sum(entry.file_size for entry in entries if entry.filename == DOCUMENT)
    if len({entry.filename for entry in entries}) < len(entries):
        raise DamagedFileError("it has two parts of the same name")
    if (
        len(entries) > _MOST_ARRAYS
        or document > MOST_DOCUMENT_BYTES
        or sum(entry.file_size for entry in entries) > MOST_BYTES
    ):
        raise DamagedFileError("it would take too much memory")


def _array(part: bytes) -> Array:
    start = len(_MAGIC) + 2
    end = start + int.from_bytes(part[len(_MAGIC) : start], "little")
    header = _HEADER.fullmatch(part[start:end])
    if not part.startswith(_MAGIC) or header is None:
        raise DamagedFileError("an array has another type than expected")
    shape = tuple(int(size) for size in header[2].decode().split(",") if size.strip())
    if 8 * math.prod(shape) != len(part) - end:
        raise DamagedFileError("an array has another size than its header says")
    if header[1] == b"f8":
        return np.frombuffer(part, "<f8", offset=end).reshape(shape).astype(np.float64, copy=False)
    return np.frombuffer(part, "<i8", offset=end).reshape(shape).astype(np.int64, copy=False)
