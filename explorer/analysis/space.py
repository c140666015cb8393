"""A space: the embeddings of one corpus by one encoder, and operations on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.clusters import Clustering, cluster
from explorer.analysis.embedded import EmbeddedCorpus, Query
from explorer.analysis.fitting import Precision, alignment, centring, quantization, reduction, truncation
from explorer.analysis.projection import Projection, project
from explorer.analysis.specs import ClusterSpec, Distance, MapMethod, MapSpec
from explorer.analysis.transforms import Role, Transform
from explorer.data.corpus import Corpus
from explorer.data.images.captions import has_captions
from explorer.encode.cache import vector_cache
from explorer.encode.run import encode_corpus
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress
from explorer.settings import settings
from explorer.tensor import Index, Metric, Neighbors, normalize, pick_device

if TYPE_CHECKING:
    from explorer.analysis.cluster_stability import ClusterStability
    from explorer.analysis.cluster_structure import ClusterStructure


@dataclass(frozen=True)
class Hit:
    """A row that was found.

    Attributes:
        row: Its position in the corpus, from 0.
        score: Its similarity to the query; larger is closer. Euclidean scores are negative distances.
        text: Its text; for other items, their caption.
    """

    row: int
    score: float
    text: str


def make_index(vectors: np.ndarray) -> Index:
    """An index of vectors, float32, shape (rows, dims), with the device and memory of the settings."""
    return Index(vectors, device=pick_device(settings().device), memory_mb=settings().memory_mb)


def mix(vectors: np.ndarray, weight: float) -> np.ndarray:
    """The weighted mean of two vectors scaled to length 1, scaled to length 1; see `Space.encode_mixed`.

    Args:
        vectors: The first and the second, float32, shape (2, dims).
        weight: The share of the first, 0 to 1.

    Returns:
        float32, shape (1, dims).
    """
    first, second = normalize(vectors)
    return normalize((weight * first + (1 - weight) * second)[None])


class Space(EmbeddedCorpus):
    """The embeddings of one corpus by one encoder, and operations on them.

    Operations that need only vectors are on `index`; see `explorer.tensor.VectorIndex`. `truncate`, `reduce`,
    `quantize` and `center` give derived spaces, which are used like any other space.
    """

    def for_corpus(self, corpus: Corpus) -> Space:
        """The same vectors for a corpus with the same texts but perhaps another name or other columns."""
        if corpus is self.corpus:
            return self
        return Space(corpus, self.index, self._encoder, self._report, self.transforms)

    def subspace(self, rows: NDArray[np.int64]) -> Space:
        """A space of only some rows (from 0), in the order given; its rows are renumbered from 0."""
        corpus, index = self.corpus.take(rows), self.index.subset(rows)
        return Space(corpus, index, self._encoder, self._report, self.transforms)

    def save(self, path: str | Path, *, vectors_only: bool = False) -> None:
        """Write the space to a file, which `explorer.open_space` opens again without encoding a row.

        It has all columns, the vectors, and what made them, so that queries work wherever that model can be
        had. A file of that name is replaced once the new one is complete. Images are in it without their
        metadata; only `.parquet` holds them.

        Args:
            path: Its ending is the format: `.parquet` (a table with a column of vectors, for `datasets`,
                pandas and Polars), `.npz`, `.safetensors`, or `.csv` (a column for each dimension). Vectors
                are kept bit for bit, in CSV to 1e-6.
            vectors_only: For `.csv`, only the vectors, without a column of texts.

        Raises:
            DataError: There is no such format, it cannot hold these rows, or the file of an image is gone or
                has been changed.
            TooLargeError: The images are larger than a file that is opened again.
            OSError: The file cannot be written.
        """
        from explorer.analysis.space_files import save_space

        save_space(self, Path(path), vectors_only=vectors_only)

    def truncate(self, dims: int) -> Space:
        """The space of only the first dimensions, which Matryoshka models are trained for.

        Vectors are not scaled again, which makes no difference to cosine. For a model compared by dot product
        or distance, they keep the lengths that the cut leaves them, as in sentence-transformers.

        Args:
            dims: 1 to the dimensions of this space.

        Raises:
            QueryError: `dims` is out of range.
        """
        return self.transformed(truncation(self.index, dims))

    def reduce(self, dims: int) -> Space:
        """The space of the coordinates along the first principal axes of the rows, from their mean (PCA).

        Under cosine, vectors are scaled to length 1 first. Dot products with centred vectors differ from
        those before by more than the dimensions that are left out.

        Args:
            dims: 1 to the dimensions of this space, and fewer than there are rows.

        Raises:
            QueryError: `dims` is out of range.
        """
        return self.transformed(reduction(self.index, dims, self.similarity_metric, self.fingerprint))

    def quantize(self, precision: Precision) -> Space:
        """The space with rows as they are stored in fewer bits; see `Int8` and `Binary`.

        It tells what the precision costs in quality; in memory here, its vectors are float32 again.

        Args:
            precision: `int8`, with queries in float32, or `binary`, with rows and queries as signs.

        Raises:
            QueryError: There is no such precision.
        """
        return self.transformed(quantization(self.index, precision, self.fingerprint))

    def center(self) -> Space:
        """The space without the component along the mean direction of its rows; see `Centring`."""
        return self.transformed(centring(self.index, self.fingerprint))

    def transformed(self, step: Transform, role: Role = "row") -> Space:
        """The space of the vectors after one more transform, which queries go through as well.

        Args:
            step: The transform.
            role: What the rows are to it; see `Role`.
        """
        vectors = step.apply(self.vectors, role)
        return Space(self.corpus, make_index(vectors), self._encoder, self._report, (*self.transforms, step))

    @overload
    def search(  # type: ignore[overload-overlap]  # a str is a Sequence[str] too; the first one wins
        self, query: Query, k: int = 10, *, metric: Metric | None = None, rows: np.ndarray | None = None
    ) -> list[Hit]: ...
    @overload
    def search(
        self,
        query: Sequence[Query],
        k: int = 10,
        *,
        metric: Metric | None = None,
        rows: np.ndarray | None = None,
    ) -> list[list[Hit]]: ...
    def search(
        self,
        query: Query | Sequence[Query],
        k: int = 10,
        *,
        metric: Metric | None = None,
        rows: np.ndarray | None = None,
    ) -> list[Hit] | list[list[Hit]]:
        """The rows closest to a text or an image, closest first; ties in row order.

        Scores of texts against images are on another scale than those of images against images.

        Args:
            query: One text, or one image where the encoder takes images (a Pillow image, or the path of a
                file); or several.
            k: How many rows; all of them when there are fewer.
            metric: `cosine`, `dot` or `euclidean`; None: `similarity_metric`.
            rows: The rows to search: row numbers, or a mask with one bool per row; None for all.

        Returns:
            The hits; for several queries, a list of hits for each.

        Raises:
            QueryError: A text is empty, or k is below 1.
            DataError: An image cannot be opened; see `explorer.data.images.decoding.decoded`.
            EncodeError: The encoder does not take images.
            ModelChangedError: The hosted model is no longer the one that encoded the rows.
        """
        if isinstance(query, str) or not isinstance(query, Sequence):
            return self.search_vectors(self.encode_queries([query]), k, metric=metric, rows=rows)[0]
        if not query:
            return []
        return self.search_vectors(self.encode_queries(query), k, metric=metric, rows=rows)

    def encode_mixed(self, text: str, image: Query, *, weight: float = 0.5) -> np.ndarray:
        """The vector of a text and an image together, for `search_vectors`: float32, shape (1, dims).

        It is weight · t + (1 − weight) · v, of the vectors of text and image scaled to length 1, scaled to
        length 1 again: the average that is the usual baseline of composed image retrieval (Saito et al.,
        Pic2Word, CVPR 2023).

        Args:
            text: The text.
            image: The image.
            weight: The share of the text, 0 to 1.

        Raises:
            QueryError: The weight is out of range, or as `search`.
        """
        if not 0 <= weight <= 1:
            raise QueryError(f"The weight is {weight}.", fix="Give 0 (only the image) to 1 (only the text).")
        return mix(self.encode_queries([text, image]), weight)

    def caption_space(self, on_progress: OnProgress | None = None) -> Space:
        """The captions of the rows' images by the same encoder, as rows of a space without transforms.

        Args:
            on_progress: Called with the progress; an exception it raises stops the work.

        Raises:
            QueryError: The rows have no images, or the space has no encoder.
        """
        if self.corpus.images is None:
            raise QueryError("The rows have no images.", where=self.corpus.name)
        captions = self.corpus.reading(self.corpus.text)
        vectors, report = encode_corpus(self.encoder, captions, vector_cache(), on_progress)
        return Space(captions, make_index(vectors), self._encoder, report)

    def align(self, on_progress: OnProgress | None = None) -> Space:
        """The space without the mean of its images; texts that are searched for lose that of the captions.

        This closes the modality gap; see `Alignment`.

        Args:
            on_progress: Called with the progress of encoding the captions.

        Raises:
            QueryError: A row has no image, none has a caption, the space has no encoder, or it is derived.
        """
        if self.transforms:
            raise QueryError("Only a space without other changes can be aligned.", where=self.corpus.name)
        if self.corpus.images is not None and not self.corpus.images.present().all():
            raise QueryError("Some rows have no image, so they are not aligned.", where=self.corpus.name)
        if not has_captions(self.corpus):
            raise QueryError(
                "The images have no captions, only names of files.",
                where=self.corpus.name,
                fix="Open them with a column of captions.",
            )
        captions = self.caption_space(on_progress)
        return self.transformed(alignment(self.index, captions.index, self.fingerprint))

    def search_vectors(
        self,
        queries: np.ndarray,
        k: int = 10,
        *,
        metric: Metric | None = None,
        rows: np.ndarray | None = None,
    ) -> list[list[Hit]]:
        """The rows closest to each of some vectors, such as those of `encode_queries`; see `search`.

        Args:
            queries: Shape (queries, dims).
            k: As for `search`.
            metric: As for `search`.
            rows: As for `search`.

        Raises:
            QueryError: k is below 1.
            VectorError: The vectors have other dimensions than the space.
        """
        found = self.index.search(queries, k, metric or self.similarity_metric, rows=rows)
        return [
            self._hits(indices, scores) for indices, scores in zip(found.indices, found.scores, strict=True)
        ]

    def similar_to(
        self, row: int, k: int = 10, *, metric: Metric | None = None, rows: np.ndarray | None = None
    ) -> list[Hit]:
        """The rows closest to a row, excluding the row itself; see `search`.

        Raises:
            QueryError: There is no such row, or k is below 1.
        """
        self._check_row(row)
        others = np.ones(len(self), dtype=bool)
        if rows is not None:
            others[:] = False
            others[rows] = True
        others[row] = False
        found = self.index.search(self.index.take([row]), k, metric or self.similarity_metric, rows=others)
        return self._hits(found.indices[0], found.scores[0])

    def neighbors(self, k: int = 15, *, metric: Metric = "cosine", min_recall: float = 1.0) -> Neighbors:
        """The k nearest rows of every row, excluding the row itself.

        Args:
            k: Neighbours per row.
            metric: `cosine`, `dot` or `euclidean`.
            min_recall: Share of them that must be found. Below 1, large corpora take a fraction of the time.

        Returns:
            `indices` int64 and `similarities` float32, both of shape (rows, min(k, rows - 1)), and `recall`:
            1 if the search was exact, else the share measured on a sample.
        """
        return self.index.neighbors(k, metric, min_recall=min_recall)

    def similarity(
        self,
        rows: Sequence[int] | np.ndarray | None = None,
        others: Sequence[int] | np.ndarray | None = None,
        *,
        metric: Metric = "cosine",
    ) -> np.ndarray:
        """Similarities of rows to each other, or to other rows.

        Args:
            rows: Row numbers; None: all rows.
            others: Row numbers of the second set; None: the first set again.
            metric: `cosine`, `dot` or `euclidean` (negative distances).

        Returns:
            float32, shape (rows, others).
        """
        return self.index.similarity(rows, others, metric)

    def cluster(
        self, k: int = 8, *, metric: Distance = "cosine", seed: int = 0, starts: int = 1
    ) -> Clustering:
        """Put rows in k clusters by k-means; `explorer.analysis.clusters.cluster` has HDBSCAN too."""
        return cluster(self.index, ClusterSpec(k=k, metric=metric, seed=seed, starts=starts))

    def cluster_structure(self, *, metric: Distance = "cosine", seed: int = 0) -> ClusterStructure:
        """Whether the rows form clusters at all; see `explorer.analysis.cluster_structure`."""
        from explorer.analysis.cluster_structure import cluster_structure

        return cluster_structure(self.index, metric=metric, seed=seed)

    def cluster_stability(self, clustering: Clustering, *, seed: int = 0) -> ClusterStability:
        """How stable clusters of `cluster` are; see `explorer.analysis.cluster_stability`."""
        from explorer.analysis.cluster_stability import cluster_stability

        return cluster_stability(self.index, clustering, seed=seed)

    def project(self, dims: int = 2, seed: int = 0, *, method: MapMethod = "umap") -> Projection:
        """A map of the rows; `explorer.analysis.projection.project` has more options."""
        return project(self.index, MapSpec(method, dims, seed=seed))

    def _hits(self, indices: np.ndarray, scores: np.ndarray) -> list[Hit]:
        captions = self.corpus.captions
        return [
            Hit(int(row), float(score), captions[row]) for row, score in zip(indices, scores, strict=True)
        ]

    def _check_row(self, row: int) -> None:
        if not 0 <= row < len(self):
            raise QueryError(
                f"There is no row {row}.", where=self.corpus.name, fix=f"Rows go from 0 to {len(self) - 1}."
            )
