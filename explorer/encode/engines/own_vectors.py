"""Rows that came with their vectors: only queries are encoded, if the model is known."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

import numpy as np

from explorer.data.corpus import Corpus
from explorer.encode.encoder import Encoder
from explorer.encode.prompts import NO_PROMPTS
from explorer.encode.report import EncodeReport
from explorer.encode.spec import OwnVectors
from explorer.errors import QueryError, VectorError

NAME = "the rows' own vectors"


def own_encoder(corpus: Corpus, spec: OwnVectors, queries: Encoder | None) -> Encoder:
    """The encoder for a corpus that came with vectors; it encodes queries only.

    Args:
        corpus: The rows.
        spec: What was chosen.
        queries: The model that made the vectors, for queries; None if it is not known.

    Raises:
        VectorError: The rows have no vectors, or the model's vectors have other dimensions.
    """
    ours, theirs = _vectors(corpus).shape[1], None if queries is None else queries.engine.dims
    if queries is not None and ours != theirs:
        raise VectorError(
            f"The rows' vectors have {ours} dimensions, those of the model {theirs}.",
            where=queries.name,
            fix="Choose the model that made the vectors, or none.",
        )
    return Encoder(
        spec,
        NAME if queries is None else f"{NAME}, queries by {queries.name}",
        {"vectors": corpus.fingerprint, "queries": None if queries is None else queries.fingerprint},
        prompts=NO_PROMPTS if queries is None else replace(queries.prompts, document=""),
        similarity="cosine" if queries is None else queries.similarity,
        load=_unknown if queries is None else lambda: queries.engine,
    )


def read_own_vectors(corpus: Corpus) -> tuple[np.ndarray, EncodeReport]:
    """The vectors that came with a corpus, float32, shape (rows, dims), and a report of no work.

    Raises:
        VectorError: The rows have no vectors.
    """
    return _vectors(corpus), EncodeReport(
        rows=len(corpus),
        distinct=len(corpus),
        cached=0,
        encoded=0,
        seconds=0.0,
        engine="",
        dtype="float32",
        check=None,
        notes=(f"The vectors came with the rows, in {corpus.vector_column}.",),
    )


def _vectors(corpus: Corpus) -> np.ndarray:
    if corpus.vectors is None:
        raise VectorError(
            "The rows have no vectors of their own.",
            where=corpus.name,
            fix="Name their column when the rows are opened, or choose a model to encode them.",
        )
    return corpus.vectors


def _unknown() -> NoReturn:
    raise QueryError(
        "The rows came with their vectors, and which model made them was not stated.",
        fix="Choose that model on the Data page, or search for rows like a row.",
    )
