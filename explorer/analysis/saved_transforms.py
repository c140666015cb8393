"""The transforms of a derived space in the file of a saved space."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from explorer.analysis.transforms import (
    Alignment,
    Binary,
    Centring,
    Int8,
    Reduction,
    Transform,
    Truncation,
)
from explorer.data.base64_arrays import array_text, read_array
from explorer.data.corpus import Corpus
from explorer.data.records import DamagedFileError, Record
from explorer.data.space_files.facts import MOST_DIMS

_MOST = 100
_KINDS = ("truncation", "pca", "int8", "binary", "centring", "alignment")


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
                "mean": array_text(step.mean),
                "axes": array_text(step.axes),
            }
        case Int8():
            return {"kind": "int8", "lowest": array_text(step.lowest), "highest": array_text(step.highest)}
        case Binary():
            return {"kind": "binary"}
        case Centring():
            return {"kind": "centring", "direction": array_text(step.direction)}
        case Alignment():
            return {
                "kind": "alignment",
                "row_mean": array_text(step.row_mean),
                "text_mean": array_text(step.text_mean),
            }
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
            mean = read_array(record, "mean", "f8", (dims,))
            axes = read_array(record, "axes", "f8", (dims, kept))
            return Reduction(record.flag("unit"), mean, axes, _fitted_on(mean, axes))
        case "int8":
            lowest = read_array(record, "lowest", "f4", (dims,))
            highest = read_array(record, "highest", "f4", (dims,))
            if (lowest > highest).any():
                raise DamagedFileError("the range of a dimension is empty")
            return Int8(lowest, highest, _fitted_on(lowest, highest))
        case "binary":
            return Binary()
        case "alignment":
            row_mean = read_array(record, "row_mean", "f8", (dims,))
            text_mean = read_array(record, "text_mean", "f8", (dims,))
            return Alignment(row_mean, text_mean, _fitted_on(row_mean, text_mean))
        case _:
            direction = read_array(record, "direction", "f8", (dims,))
            return Centring(direction, _fitted_on(direction))


def _fitted_on(*arrays: NDArray[Any]) -> str:
    """What identifies a transform of a file: its numbers, since a file can say anything of its origin."""
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(array.tobytes())
    return digest.hexdigest()
