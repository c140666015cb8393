"""How a file names a contender: never with permission to run a model's code, nor with a folder's path."""

from __future__ import annotations

from typing import Any, get_args

from explorer.comparison.contenders.spec import ContenderSpec, StoredPrecision
from explorer.data.records import DamagedFileError, Record
from explorer.encode.spec_records import encoder_from, encoder_record
from explorer.errors import ExplorerError

_MOST_DIMS = 1_000_000
_BM25 = "bm25"


def spec_record(spec: ContenderSpec) -> dict[str, Any]:
    """A contender's spec as a JSON object."""
    return {
        "encoder": {"kind": _BM25} if spec.encoder is None else encoder_record(spec.encoder),
        "text": spec.text,
        "aligned": spec.aligned,
        "first": spec.first,
        "pca": spec.pca,
        "centred": spec.centred,
        "stored_as": spec.stored_as,
        "csls": spec.csls,
    }


def spec_from(record: Record) -> ContenderSpec:
    """The spec that `spec_record` wrote.

    Raises:
        DamagedFileError: It is none.
    """
    encoder = record.record("encoder")
    bm25 = encoder.text("kind") == _BM25
    try:
        return ContenderSpec(
            None if bm25 else encoder_from(encoder),
            text=record.optional("text", record.text),
            aligned=bool(record.optional("aligned", record.flag)),  # files of older versions have none
            first=record.optional("first", lambda key: record.integer(key, 1, _MOST_DIMS)),
            pca=record.optional("pca", lambda key: record.integer(key, 1, _MOST_DIMS)),
            centred=record.flag("centred"),
            stored_as=record.choice("stored_as", get_args(StoredPrecision)),
            csls=record.flag("csls"),
        )
    except ExplorerError as error:
        raise DamagedFileError(error.what) from error
