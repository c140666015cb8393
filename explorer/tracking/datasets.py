"""Which rows were used, as a dataset of MLflow: a name, a fingerprint and columns, without any row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from explorer.comparison.judging.judgements import ScoredPairs
from explorer.data.corpus import Corpus

if TYPE_CHECKING:
    from mlflow.data.dataset_source import DatasetSource
    from mlflow.data.meta_dataset import MetaDataset

_NAME_CHARS = 500  # as this and the next, the most that MLflow takes
_SCHEMA_CHARS = 1_000_000


def corpus_dataset(corpus: Corpus) -> MetaDataset:
    """A corpus as a dataset; its digest is the fingerprint of the corpus.

    Without columns if MLflow would not take so many, or names as long.
    """
    from mlflow.data.meta_dataset import MetaDataset
    from mlflow.types.schema import ColSpec, Schema

    columns = [ColSpec(_type(field.type), field.name, required=False) for field in corpus.table.schema]
    schema = Schema(columns)
    fits = len(json.dumps({"mlflow_colspec": schema.to_dict()})) <= _SCHEMA_CHARS
    name = corpus.name[:_NAME_CHARS]
    return MetaDataset(_source(corpus), name, corpus.fingerprint, schema if fits else None)


def pairs_dataset(pairs: ScoredPairs) -> MetaDataset:
    """Scored or labelled pairs as a dataset; its digest is of the texts and scores in their order."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    return MetaDataset(CodeDatasetSource({"pairs": len(pairs.scores)}), "pairs", pairs.fingerprint)


def _type(kind: pa.DataType) -> str:
    """The type in MLflow of a column; it has fewer than Arrow."""
    known = {
        "boolean": pa.types.is_boolean,
        "long": pa.types.is_integer,
        "double": pa.types.is_floating,
        "datetime": pa.types.is_temporal,
    }
    return next((name for name, is_one in known.items() if is_one(kind)), "string")


def _source(corpus: Corpus) -> DatasetSource:
    from mlflow.data.code_dataset_source import CodeDatasetSource

    origin = corpus.origin
    if origin is None:
        return CodeDatasetSource({"rows": len(corpus), "sample": corpus.sample or ""})
    from mlflow.data.huggingface_dataset_source import HuggingFaceDatasetSource

    where: dict[str, Any] = {"config_name": origin.config, "split": origin.split, "revision": origin.revision}
    return HuggingFaceDatasetSource(origin.id, **where)
