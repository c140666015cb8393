"""Rows that brought their vectors along: nothing is encoded but queries, if the model is known."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from explorer.data.corpus import Corpus
from explorer.encode.encoder import Encoder
from explorer.encode.run import EncodeReport
from explorer.encode.spec import EncoderSpec
from explorer.errors import QueryError, VectorError

NAME = "the rows' own vectors"


def read_own_vectors(
    corpus: Corpus, spec: EncoderSpec, queries: Encoder | None
) -> tuple[Encoder, np.ndarray, EncodeReport]:
    """The vectors of a corpus as it brought them.

    Args:
        corpus: The rows.
        spec: What was chosen.
        queries: The model that made the vectors, for queries; None when it is not known.

    Returns:
        What encodes queries; the vectors, float32, shape (rows, dims); and what it took, which is nothing.

    Raises:
        VectorError: The rows have no vectors, or the model's have other dimensions.
    """
    vectors = corpus.vectors
    if vectors is None:
        raise VectorError(
            "The rows have no vectors of their own.",
            where=corpus.name,
            fix="Name their column when the rows are opened, or choose a model to encode them.",
        )
    ours, theirs = vectors.shape[1], None if queries is None else queries.engine.dims
    if queries is not None and ours != theirs:
        raise VectorError(
            f"The rows' vectors have {ours} dimensions, those of the model {theirs}.",
            where=queries.name,
            fix="Choose the model that made the vectors, or none.",
        )
    identity = {"vectors": corpus.fingerprint, "queries": None if queries is None else queries.fingerprint}
    encoder = Encoder(
        spec,
        NAME if queries is None else f"{NAME}, queries by {queries.name}",
        identity,
        prompts=("", "" if queries is None else queries.query_prompt),
        load=_unknown if queries is None else lambda: queries.engine,
    )
    report = EncodeReport(
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
    return encoder, vectors, report


def _unknown() -> NoReturn:
    raise QueryError(
        "The rows came with their vectors, and which model made them was not said.",
        fix="Choose that model on the Data page, or search for rows like a row.",
    )
