"""A file of one JSON document and arrays, which can be opened without trusting it.

It is a zip archive with `document.json` and one `.npy` file per array, of int64 or float64. Nothing is
unpickled, and nothing is unpacked before its size is known: an archive that declares too much, or an array
whose header does not fit its bytes, is refused.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.data.npy import read_npy
from explorer.data.records import DamagedFileError, containers, read_json

Array = NDArray[np.int64] | NDArray[np.float64]

DOCUMENT = "document.json"
MOST_DOCUMENT_BYTES = 16_000_000  # as Python objects it can take some ten times as much
MOST_BYTES = 64_000_000  # of all parts; eight contenders of 200,000 rows with judgements take a fifth of it
_MOST_CONTAINERS = 300_000  # brackets in the document: an empty list takes thirty times what it takes in JSON
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
    found = read_npy(part, "f8", "i8")
    if found.dtype.kind == "f":
        return found.astype(np.float64, copy=False)
    return found.astype(np.int64, copy=False)
