"""Texts that contenders score with each other, encoded once by each encoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from explorer.comparison.contenders.contender import Contender
from explorer.comparison.contenders.csls import CslsContender
from explorer.comparison.contenders.searching import encoded_space
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.data.corpus import Corpus
from explorer.encode.cache import vector_cache
from explorer.encode.encoder import Encoder
from explorer.encode.run import encode_corpus
from explorer.encode.spec import OwnVectors
from explorer.jobs.progress import OnProgress


class EncodedTexts:
    """Scores texts with each other; contenders with one encoder, such as it and its int8, share its vectors.

    Vectors of texts as rows come from the vector cache, so that a comparison with one contender more encodes
    nothing for the others.

    Args:
        texts: The texts.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._queries: dict[tuple[str, str], NDArray[np.float32]] = {}
        self._documents: dict[str, NDArray[np.float32]] = {}

    def scores(self, contender: Contender, on_progress: OnProgress | None = None) -> NDArray[np.float32]:
        """The scores of every text, as a query, with every text, as a row; see `Contender.score_texts`.

        Returns:
            float32, shape (texts, texts).

        Raises:
            QueryError: The contender has no encoder for texts.
        """
        if not isinstance(contender, SpaceContender | CslsContender):
            return contender.score_texts(self._texts, self._texts, on_progress=on_progress)
        encoder = encoded_space(contender).encoder
        rows, asked = encoder.fingerprint, (encoder.fingerprint, encoder.query_prompt)
        if rows not in self._documents:
            self._documents[rows] = encode_as_rows(encoder, self._texts, on_progress)
        if asked not in self._queries:
            self._queries[asked] = (
                self._documents[rows]
                if encoder.is_symmetric
                else encoder.encode_queries(self._texts, on_progress)
            )
        return contender.score_encoded(self._queries[asked], self._documents[rows])


def encode_as_rows(
    encoder: Encoder, texts: Sequence[str], on_progress: OnProgress | None = None
) -> NDArray[np.float32]:
    """Encode texts as rows are encoded; those encoded before come from the cache.

    Args:
        encoder: The encoder.
        texts: The texts.
        on_progress: Called often. An exception it raises stops the work.

    Returns:
        float32, shape (texts, dims of the encoder).
    """
    if isinstance(encoder.spec, OwnVectors):  # its fingerprint is that of vectors which it did not make
        return encoder.encode_documents(texts, on_progress)
    return encode_corpus(encoder, corpus_of_texts(texts), vector_cache(), on_progress)[0]


def corpus_of_texts(texts: Sequence[str], name: str = "texts") -> Corpus:
    """Texts as a corpus, each as it is."""
    numbers = np.arange(1, len(texts) + 1)
    table = pa.table({"text": pa.array(texts, pa.string())})
    return Corpus(name, table, "text", None, numbers, len(texts), 0, ())
