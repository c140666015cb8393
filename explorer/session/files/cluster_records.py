"""How a session file names clusters: how they are found, merged, split and called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, get_args

from explorer.analysis.cluster_edits import Origin, format_edits, parse_edits
from explorer.analysis.specs import ClusterMethod, ClusterSpec, Distance
from explorer.data.records import DamagedFileError, Record
from explorer.encode.spec import EncoderSpec
from explorer.errors import QueryError
from explorer.session.clusters import MAX_K, MadeClusters
from explorer.session.files.contents import NAME_CHARS

_MANY = 1_000_000
_MOST_STARTS = 20
_MAX_SEED = 2**32 - 1
_KEY_CHARS = 40
_ROWS = re.compile(r"(?:[0-9a-f]{32})?")


def cluster_spec_record(spec: ClusterSpec) -> dict[str, Any]:
    """How clusters are found, as a JSON object."""
    if spec.method == "hdbscan":
        own = {"min_size": spec.min_size, "min_samples": spec.min_samples}
    else:
        own = {"k": spec.k, "starts": spec.starts, "seed": spec.seed}
    return {"method": spec.method, "metric": spec.metric} | own


def cluster_spec_from(record: Record) -> ClusterSpec:
    """The spec that `cluster_spec_record` wrote.

    Raises:
        DamagedFileError: It is none.
    """
    method = record.choice("method", get_args(ClusterMethod))
    metric = record.choice("metric", get_args(Distance))
    try:
        if method == "hdbscan":
            size, samples = record.integer("min_size", 2, _MANY), record.integer("min_samples", 1, _MANY)
            return ClusterSpec(method, min_size=size, min_samples=samples, metric=metric)
        k, starts = record.integer("k", 1, MAX_K), record.integer("starts", 1, _MOST_STARTS)
        return ClusterSpec(method, k, starts, record.integer("seed", 0, _MAX_SEED), metric=metric)
    except QueryError as error:
        raise DamagedFileError(error.what) from error


def made_record(made: MadeClusters, encoders: Sequence[EncoderSpec]) -> dict[str, Any]:
    """What a person made of clusters, as a JSON object."""
    return {
        "encoder": encoders.index(made.encoder),
        "spec": cluster_spec_record(made.spec),
        "rows": made.rows,
        "digest": made.digest,
        "edits": format_edits(made.edits),
        "names": [
            {"first": origin.first, "of": origin.key, "name": name[:NAME_CHARS]}
            for origin, name in made.names
        ],
    }


def made_from(record: Record, encoders: Sequence[EncoderSpec | None]) -> MadeClusters | None:
    """What `made_record` wrote; None if the encoder cannot be had here.

    Raises:
        DamagedFileError: It is something else.
    """
    encoder = encoders[record.integer("encoder", 0, len(encoders) - 1)]
    edits, left_out = parse_edits(record.text("edits"))
    if left_out:
        raise DamagedFileError("its merges and splits are damaged")
    names = tuple(
        (Origin(each.integer("first", 0, _MANY), each.text("of", _KEY_CHARS)), each.text("name", NAME_CHARS))
        for each in record.records("names")
    )
    spec, digest = cluster_spec_from(record.record("spec")), record.text("digest", _KEY_CHARS)
    rows = rows_key(record, "rows")
    return None if encoder is None else MadeClusters(encoder, spec, rows, digest, edits, names)


def rows_key(record: Record, key: str) -> str:
    """A key of rows; see `Selection.key`.

    Raises:
        DamagedFileError: It is none.
    """
    found = record.text(key, _KEY_CHARS)
    if not _ROWS.fullmatch(found):
        raise DamagedFileError(f"{key} is no key of rows")
    return found
