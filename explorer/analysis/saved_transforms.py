"""The transforms of a derived space in the file of a saved space."""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.transforms import Binary, Centring, Int8, Reduction, Transform, Truncation
from explorer.data.corpus import Corpus
from explorer.data.records import DamagedFileError, Record
from explorer.data.space_files.facts import MOST_DIMS

_MOST = 100
_KINDS = ("truncation", "pca", "int8", "binary", "centring")


def transform_record(step: Transform) -> dict[str, Any]:
    """A transform as a JSON object, with its arrays as base64."""
    match step:
        case Truncation():
            return {"kind": "truncation", "dims": step.dims}
        case Reduction():
            dims = step.axes.shape[1]
            return {
                "kind": "pca",
                "dims": dims,
                "unit": step.unit,
                "mean": _text(step.mean),
                "axes": _text(step.axes),
            }
        case Int8():
            return {"kind": "int8", "lowest": _text(step.lowest), "highest": _text(step.highest)}
        case Binary():
            return {"kind": "binary"}
        case Centring():
            return {"kind": "centring", "direction": _text(step.direction)}
        case _:
            raise TypeError(step)


def saved_transforms(corpus: Corpus) -> tuple[Transform, ...]:
    """What the vectors of a saved space went through, in order; none for other rows.

    Raises:
        DamagedFileError: The file says something else in its place.
    """
    if corpus.saved is None or corpus.vectors is None:
        return ()
    encoder = corpus.saved.optional("encoder", corpus.saved.record)
    records = corpus.saved.records("transforms")
    dims = corpus.vectors.shape[1] if encoder is None else encoder.integer("dims", 1, MOST_DIMS)
    if encoder is None and records:
        raise DamagedFileError("its vectors were transformed, and their encoder is missing")
    return _transforms(records, dims, corpus.vectors.shape[1])


def _transforms(records: Sequence[Record], before: int, after: int) -> tuple[Transform, ...]:
    """The transforms that turn vectors of some dimensions into those of others."""
    if len(records) > _MOST:
        raise DamagedFileError("it has too many transforms")
    steps: list[Transform] = []
    dims = before
    for record in records:
        step = _transform(record, dims)
        steps.append(step)
        if isinstance(step, Truncation):
            dims = step.dims
        elif isinstance(step, Reduction):
            dims = step.axes.shape[1]
    if dims != after:
        raise DamagedFileError(f"its transforms give {dims:,} dimensions and its vectors have {after:,}")
    return tuple(steps)


def _transform(record: Record, dims: int) -> Transform:
    match record.choice("kind", _KINDS):
        case "truncation":
            return Truncation(record.integer("dims", 1, dims))
        case "pca":
            kept = record.integer("dims", 1, dims)
            mean = _array(record, "mean", "<f8", (dims,))
            axes = _array(record, "axes", "<f8", (dims, kept))
            return Reduction(record.flag("unit"), mean, axes, _fitted_on(mean, axes))
        case "int8":
            lowest = _array(record, "lowest", "<f4", (dims,)).astype(np.float32, copy=False)
            highest = _array(record, "highest", "<f4", (dims,)).astype(np.float32, copy=False)
            if (lowest > highest).any():
                raise DamagedFileError("the range of a dimension is empty")
            return Int8(lowest, highest, _fitted_on(lowest, highest))
        case "binary":
            return Binary()
        case _:
            direction = _array(record, "direction", "<f8", (dims,))
            return Centring(direction, _fitted_on(direction))


def _fitted_on(*arrays: NDArray[Any]) -> str:
    """What identifies a transform of a file: its numbers, since a file can say anything of its origin."""
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(array.tobytes())
    return digest.hexdigest()


def _text(array: NDArray[Any]) -> str:
    little = np.ascontiguousarray(array, f"<f{array.dtype.itemsize}")
    return base64.b64encode(little.tobytes()).decode()


def _array(record: Record, key: str, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    try:
        data = base64.b64decode(record.text(key), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DamagedFileError("an array of a transform is damaged") from error
    if len(data) != np.dtype(dtype).itemsize * math.prod(shape):
        raise DamagedFileError("an array of a transform has another size than expected")
    found = np.frombuffer(data, dtype).reshape(shape)
    if not np.isfinite(found).all():
        raise DamagedFileError("an array of a transform holds NaN or infinity")
    return found.astype(found.dtype.newbyteorder("="), copy=False)
