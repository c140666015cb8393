"""Rows that came with their vectors: only queries are encoded, if the model is known."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

import numpy as np

from explorer.data.corpus import Corpus
from explorer.encode.encoder import Encoder
from explorer.encode.report import EncodeReport
from explorer.encode.spec import OwnVectors
from explorer.errors import QueryError, VectorError
from explorer.tensor import Metric

NAME = "the rows' own vectors"


def own_encoder(
    corpus: Corpus,
    spec: OwnVectors,
    queries: Encoder,
    *,
    dims: int | None = None,
    saved: tuple[str, str] | None = None,
) -> Encoder:
    """The encoder for a corpus that came with vectors and whose model is known; it encodes queries only.

    Args:
        corpus: The rows.
        spec: What was chosen.
        queries: The model that made the vectors, for queries.
        dims: The dimensions of the model's vectors; None for those of the rows' vectors.
        saved: The prompts before each row and before each query, if the model certainly made the vectors, in
            a saved space; those that are usual for it here may be others.

    Raises:
        VectorError: The rows have no vectors, or the model's vectors have other dimensions.
    """
    ours, theirs = dims or _vectors(corpus).shape[1], queries.engine.dims
    if ours != theirs:
        raise VectorError(
            f"The rows' vectors have {ours} dimensions, those of the model {theirs}.",
            where=queries.name,
            fix="Choose the model that made the vectors, or none.",
        )
    document, query = saved or ("", queries.query_prompt)
    return Encoder(
        spec,
        f"{NAME}, queries by {queries.name}",
        {"vectors": corpus.fingerprint, "queries": queries.fingerprint},
        prompts=replace(queries.prompts, document=document, query=query),
        similarity=queries.similarity,
        load=lambda: queries.engine,
        model_fingerprint=queries.model_fingerprint,
        takes_images=queries.takes_images,
    )


def own_encoder_without_queries(
    corpus: Corpus, spec: OwnVectors, *, why: str = "", similarity: Metric = "cosine"
) -> Encoder:
    """The encoder for a corpus that came with vectors and whose model is not known or not here.

    Args:
        corpus: The rows.
        spec: What was chosen.
        why: Why there are no queries; empty if the model was not stated.
        similarity: The default metric for the vectors.

    Raises:
        VectorError: The rows have no vectors.
    """
    _vectors(corpus)

    def refuse() -> NoReturn:
        if why:
            raise QueryError(why, fix="Search for rows like a row.")
        raise QueryError(
            "The rows came with their vectors, and which model made them was not stated.",
            fix="Choose that model on the Data page, or search for rows like a row.",
        )

    return Encoder(
        spec,
        NAME,
        {"vectors": corpus.fingerprint, "queries": None, **({"similarity": similarity} if why else {})},
        similarity=similarity,
        load=refuse,
        notes=(f"{why} Maps, clusters and rows like a row work without queries.",) if why else (),
    )


def read_own_vectors(corpus: Corpus, encoder: Encoder) -> tuple[np.ndarray, EncodeReport]:
    """The vectors that came with a corpus, float32, shape (rows, dims), and a report of no work.

    Args:
        corpus: The rows.
        encoder: Their encoder, whose notes the report has.

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
        notes=(f"The vectors came with the rows, in {corpus.vector_column}.", *encoder.notes),
    )


def _vectors(corpus: Corpus) -> np.ndarray:
    if corpus.vectors is None:
        raise VectorError(
            "The rows have no vectors of their own.",
            where=corpus.name,
            fix="Name their column when the rows are opened, or choose a model to encode them.",
        )
    return corpus.vectors
