"""What a space is made of: a corpus, its vectors, what made them, and how queries become vectors."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.transforms import Transform
from explorer.data.corpus import Corpus, Item
from explorer.data.images.images import ImageItem, image_item
from explorer.encode.encoder import Encoder
from explorer.encode.report import EncodeReport
from explorer.encode.spec import EncoderSpec
from explorer.errors import QueryError, VectorError
from explorer.jobs.progress import OnProgress
from explorer.tensor import Metric, VectorIndex
from explorer.tensor.matrices import blocks

if TYPE_CHECKING:
    from PIL import Image

Query: TypeAlias = "str | ImageItem | Path | Image.Image"
"""What is searched for: a text, or an image: an item, the path of a file, or a Pillow image."""
_BLOCK = 1 << 22  # numbers hashed at a time
_FLOAT_BITS = 32


class EmbeddedCorpus:
    """A corpus and its vectors; `Space` adds the operations.

    Args:
        corpus: The rows.
        index: Their vectors, which several spaces can share.
        encoder: What made the vectors; without one, the space cannot be searched by text.
        report: The report on the encoding, if it was encoded here.
        transforms: What the encoder's vectors went through to become these, in order; queries go through the
            same.

    Raises:
        VectorError: The number of vectors differs from the number of rows.
    """

    def __init__(
        self,
        corpus: Corpus,
        index: VectorIndex,
        encoder: Encoder | None = None,
        report: EncodeReport | None = None,
        transforms: tuple[Transform, ...] = (),
    ) -> None:
        if len(index) != len(corpus):
            raise VectorError(f"There are {len(index)} vectors for {len(corpus)} rows.", where=corpus.name)
        self.corpus = corpus
        self.index = index
        self.transforms = transforms
        self._encoder = encoder
        self._report = report
        self._pairs: dict[Metric, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.corpus)

    @property
    def encoder(self) -> Encoder:
        """What made the vectors; it also encodes queries.

        Raises:
            QueryError: The space was made without one.
        """
        if self._encoder is None:
            raise QueryError(
                "This space has only vectors and no encoder for queries.",
                where=self.corpus.name,
                fix="Search by a row or by a vector, or make the space with its encoder.",
            )
        return self._encoder

    @property
    def spec(self) -> EncoderSpec | None:
        """The choice of the encoder; None without an encoder."""
        return None if self._encoder is None else self._encoder.spec

    @property
    def report(self) -> EncodeReport:
        """The report on the encoding.

        Raises:
            QueryError: The space was made without a report.
        """
        if self._report is None:
            raise QueryError(
                "This space was not encoded here, so there is no report.", where=self.corpus.name
            )
        return self._report

    @functools.cached_property
    def fingerprint(self) -> str:
        """Identifies everything a result can depend on: the vectors' origin and the contents of the rows."""
        return f"{self.vectors_origin} {self.corpus.fingerprint}"

    @functools.cached_property
    def vectors_origin(self) -> str:
        """Identifies the encoder and the transforms; without an encoder, the vectors themselves."""
        origin = self._vectors_hash() if self._encoder is None else self._encoder.fingerprint
        return " ".join([origin, *(step.identity for step in self.transforms)])

    @property
    def vectors(self) -> np.ndarray:
        """The embeddings: float32, shape (rows, dims), read-only."""
        return self.index.take(slice(None))

    @property
    def dims(self) -> int:
        """Dimensions of a vector."""
        return self.index.dims

    @property
    def bytes_per_vector(self) -> int:
        """Bytes that a vector takes where vectors are stored: 4 × dims, dims for int8, dims / 8 for binary.

        Explorer itself computes with float32 and keeps every vector as float32.
        """
        bits = _FLOAT_BITS
        for step in self.transforms:
            bits = step.bits or bits
        return -(-self.dims * bits // 8)

    @property
    def similarity_metric(self) -> Metric:
        """The default metric: the one the encoder's model was trained for; cosine without an encoder."""
        return "cosine" if self._encoder is None else self._encoder.similarity

    @property
    def query_prompt(self) -> str:
        """The prompt put before each query; empty without an encoder."""
        return "" if self._encoder is None else self._encoder.query_prompt

    def encode_queries(self, queries: Sequence[Query], on_progress: OnProgress | None = None) -> np.ndarray:
        """The vectors of queries here, float32, shape (queries, dims); see `Encoder.encode_queries`.

        Args:
            queries: Texts, or images where the encoder takes them: Pillow images, or paths of files.
            on_progress: Called with the progress; an exception it raises stops the work.
        """
        items = [query if isinstance(query, str | ImageItem) else image_item(query) for query in queries]
        return self.place_items(items, self.encoder.encode_queries(items, on_progress))

    def place_items(self, queries: Sequence[Item], encoded: NDArray[np.float32]) -> NDArray[np.float32]:
        """As `place_queries`, for the vectors of texts and images.

        Args:
            queries: The queries.
            encoded: Their vectors by the encoder, float32, shape (queries, dims of the encoder).
        """
        images = np.array([not isinstance(query, str) for query in queries], bool)
        if not images.any():
            return self.place_queries(encoded)
        out = np.empty((len(queries), self.dims), dtype=np.float32)
        out[~images] = self.place_queries(encoded[~images])
        out[images] = self.place_image_queries(encoded[images])
        return out

    def place_image_queries(self, encoded: NDArray[np.float32]) -> NDArray[np.float32]:
        """As `place_queries`, for the vectors of images."""
        for step in self.transforms:
            encoded = step.apply(encoded, "image query")
        return encoded

    def place_queries(self, encoded: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take vectors of texts from `encoder.encode_queries` through the transforms of this space.

        Args:
            encoded: float32, shape (queries, dims of the encoder).

        Returns:
            float32, shape (queries, dims); the same array if the space has no transforms.
        """
        for step in self.transforms:
            encoded = step.apply(encoded, "query")
        return encoded

    def place_documents(self, encoded: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take vectors of texts from `encoder.encode_documents` through the transforms of this space.

        Args:
            encoded: float32, shape (texts, dims of the encoder).

        Returns:
            float32, shape (texts, dims); what the vectors would be if the texts were rows.
        """
        for step in self.transforms:
            encoded = step.apply(encoded, "text row")
        return encoded

    def percentile(self, score: float, metric: Metric | None = None) -> float | None:
        """The percentile of a score among those of random pairs of rows of this corpus.

        Args:
            score: A similarity under `metric`.
            metric: Which similarity; None: `similarity_metric`, as in `Space.search`.

        Returns:
            The percentage of random pairs that are less close; an equally close pair counts half. None if the
            corpus has fewer than two rows.
        """
        pairs = self._random_pairs(metric or self.similarity_metric)
        if not len(pairs):
            return None
        below = np.searchsorted(pairs, np.float32(score), side="left")
        up_to = np.searchsorted(pairs, np.float32(score), side="right")
        return float(50.0 * (below + up_to) / len(pairs))

    def _random_pairs(self, metric: Metric) -> np.ndarray:
        if metric not in self._pairs:
            self._pairs[metric] = self.index.random_pairs(metric)
        return self._pairs[metric]

    def _vectors_hash(self) -> str:
        digest = hashlib.blake2b(str(self.dims).encode(), digest_size=16)
        for start, stop in blocks(len(self), self.dims, _BLOCK):
            digest.update(self.index.take(slice(start, stop)).tobytes())
        return digest.hexdigest()
