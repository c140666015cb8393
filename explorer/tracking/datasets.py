"""Which rows were used, as a dataset of MLflow: a name, a fingerprint and columns, without any row."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from explorer.comparison.judging.judgements import ScoredPairs
from explorer.data.corpus import Corpus

if TYPE_CHECKING:
    from mlflow.data.dataset_source import DatasetSource
    from mlflow.data.meta_dataset import MetaDataset


def corpus_dataset(corpus: Corpus) -> MetaDataset:
    """A corpus as a dataset; its digest is the fingerprint of the corpus."""
    from mlflow.data.meta_dataset import MetaDataset
    from mlflow.types.schema import ColSpec, DataType, Schema

    # MLflow's types of columns are fewer than Arrow's, and nothing reads them but people.
    columns = [ColSpec(DataType.string, name) for name in corpus.table.column_names]
    return MetaDataset(_source(corpus), corpus.name, corpus.fingerprint, Schema(columns))


def pairs_dataset(pairs: ScoredPairs) -> MetaDataset:
    """Scored or labelled pairs as a dataset; its digest is of the texts and scores in their order."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    contents = json.dumps([pairs.first, pairs.second, pairs.scores]).encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(contents, digest_size=16).hexdigest()
    return MetaDataset(CodeDatasetSource({"pairs": len(pairs.scores)}), "pairs", digest)


def _source(corpus: Corpus) -> DatasetSource:
    from mlflow.data.code_dataset_source import CodeDatasetSource

    origin = corpus.origin
    if origin is None:
        return CodeDatasetSource({"rows": len(corpus), "sample": corpus.sample or ""})
    from mlflow.data.huggingface_dataset_source import HuggingFaceDatasetSource

    where: dict[str, Any] = {"config_name": origin.config, "split": origin.split, "revision": origin.revision}
    return HuggingFaceDatasetSource(origin.id, **where)
