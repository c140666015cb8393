"""What Hugging Face datasets store beside columns: the names of numbered classes, and which are images."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from explorer.data.tables.values import without_surrogates

_KEY = b"huggingface"
_MAX_CLASSES = 10_000


def class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """The names of the classes of each column that numbers them, from the schema of a Parquet file.

    A field of a record is named by its path, such as `meta.kind`. Unreadable metadata counts as missing.
    """
    found: dict[str, list[str]] = {}
    _collect(_features(schema), "", found)
    return found


def image_columns(schema: pa.Schema, card_features: object) -> list[str]:
    """The columns of images, by the metadata of a Parquet file or by the `dataset_info` of a card."""
    features = _features(schema)
    known = features.items() if isinstance(features, Mapping) else ()
    images = {name for name, each in known if isinstance(each, Mapping) and each.get("_type") == "Image"}
    for feature in card_features if isinstance(card_features, list) else []:
        if isinstance(feature, Mapping) and feature.get("dtype") == "image":
            images.add(str(feature.get("name")))
    return [name for name in schema.names if name in images]


def _features(schema: pa.Schema) -> object:
    raw = (schema.metadata or {}).get(_KEY)
    try:
        return json.loads(raw)["info"]["features"] if raw else {}
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}


def card_class_names(features: object) -> dict[str, list[str]]:
    """The same from the `dataset_info` of a dataset card, which maps numbers to names."""
    found: dict[str, list[str]] = {}
    for feature in features if isinstance(features, list) else []:
        kind = feature.get("dtype") if isinstance(feature, Mapping) else None
        label = kind.get("class_label") if isinstance(kind, Mapping) else None
        names = label.get("names") if isinstance(label, Mapping) else None
        if isinstance(names, Mapping):
            names = [
                names.get(str(number), names.get(number)) for number in range(min(len(names), _MAX_CLASSES))
            ]
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            found[str(feature.get("name"))] = names
    return found


def named(column: pa.ChunkedArray, names: Sequence[str]) -> pa.ChunkedArray:
    """Class numbers as class names; a number without a name, such as -1, becomes null.

    A column that does not hold whole numbers is left as it is.
    """
    if not pa.types.is_integer(column.type):
        return column
    known = pc.and_(pc.greater_equal(column, 0), pc.less(column, len(names)))
    numbers = pc.if_else(known, column, None).cast(pa.int32())
    return pa.chunked_array([pa.array([without_surrogates(name) for name in names], pa.string())]).take(
        numbers
    )


def _collect(features: object, prefix: str, found: dict[str, list[str]]) -> None:
    if not isinstance(features, Mapping):
        return
    for name, feature in features.items():
        if not isinstance(feature, Mapping):
            continue
        names = feature.get("names")
        if feature.get("_type") == "ClassLabel":
            if (
                isinstance(names, list)
                and 0 < len(names) <= _MAX_CLASSES
                and all(isinstance(label, str) for label in names)
            ):
                found[f"{prefix}{name}"] = names
        elif "_type" not in feature:
            _collect(feature, f"{prefix}{name}.", found)
