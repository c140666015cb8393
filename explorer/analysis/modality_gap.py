"""The modality gap: how far images and their captions are apart, and what that does to their neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.fitting import alignment, reduction, unit_mean
from explorer.analysis.space import Space, make_index
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress, counting
from explorer.tensor import TopK, VectorIndex

DEPTHS = (1, 5, 10)
"""The numbers of hits that recall is measured at."""
_STEP = 512  # rows searched between two progress reports


@dataclass(frozen=True)
class ModalityGap:
    """What separates images from texts in one space; row i of both belongs together.

    Attributes:
        distance: Between the mean of the images and that of the texts, all scaled to length 1; at most 2.
        variance_share: The share of the variance of all of them, images and texts, that lies between the two
            means: 0 for equal means, 1 if nothing else varies.
        k: Neighbours in a list.
        overlap: The mean share of a row's k nearest images that are also among its k nearest texts.
        chance_overlap: What rows in random order would reach: k / (rows − 1).
        other_share: The mean share of the other kind among the k nearest of all images and texts, itself left
            out.
        chance_other_share: What it would be without a gap: rows / (2 · rows − 1).
        text_to_image: By depth, the share of texts that find an image of their own.
        image_to_text: By depth, the share of images that find a text of their own.
    """

    distance: float
    variance_share: float
    k: int
    overlap: float
    chance_overlap: float
    other_share: float
    chance_other_share: float
    text_to_image: Mapping[int, float]
    image_to_text: Mapping[int, float]


def modality_gap(
    images: Space, texts: Space, *, k: int = 10, on_progress: OnProgress | None = None
) -> ModalityGap:
    """Measure the gap between images and texts, by cosine.

    The distance is that of Liang et al., Mind the Gap (NeurIPS 2022, arXiv 2203.02053). A text finds an image
    of its own if that is of a row with the same text, or equal to the image of its row; likewise the other
    way round. Vectors of zeros are left out of the means. See `aligned_gap` for the same without the gap.

    Args:
        images: The rows' images.
        texts: The same rows' texts, such as `images.caption_space()`.
        k: Neighbours in a list; fewer where there are fewer rows.
        on_progress: Called with the rows searched; an exception it raises stops the work.

    Raises:
        QueryError: There are fewer than two rows, the spaces differ in their number, or k is below 1.
    """
    keys = [[*images.corpus.item_keys], [*texts.corpus.item_keys]]
    return _measure(images.index, texts.index, keys, k, on_progress)


def aligned_gap(
    images: Space, texts: Space, *, k: int = 10, on_progress: OnProgress | None = None
) -> ModalityGap:
    """As `modality_gap`, after the mean of the images is taken from images and that of texts from texts."""
    keys = [[*images.corpus.item_keys], [*texts.corpus.item_keys]]
    return _measure(*aligned_pair(images.index, texts.index), keys, k, on_progress)


def aligned_pair(images: VectorIndex, texts: VectorIndex) -> tuple[VectorIndex, VectorIndex]:
    """The vectors of images and of texts, each without the mean of their kind; see `Alignment`."""
    step = alignment(images, texts, "")
    moved = step.apply(images.take(slice(None)), "row"), step.apply(texts.take(slice(None)), "query")
    return make_index(moved[0]), make_index(moved[1])


def gap_coordinates(images: VectorIndex, texts: VectorIndex, *, most: int = 2_000) -> NDArray[np.float32]:
    """Images, then as many texts, on the first two principal axes of all of them, scaled to length 1.

    Args:
        images: The rows' images.
        texts: The same rows' texts.
        most: The most rows; of more, a random sample.

    Returns:
        float32, shape (2 × min(rows, most), 2).
    """
    rows = np.arange(len(images))
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(0).choice(rows, most, replace=False))
    both = np.concatenate([images.take(rows), texts.take(rows)])
    index = make_index(both)
    return reduction(index, min(2, index.dims), "cosine", "").apply(both, "row")


def _measure(
    images: VectorIndex,
    texts: VectorIndex,
    keys: list[list[bytes]],
    k: int,
    on_progress: OnProgress | None,
) -> ModalityGap:
    rows = len(images)
    if len(texts) != rows or rows < 2:
        raise QueryError(
            f"There are {rows:,} images and {len(texts):,} texts.", fix="Give 2 or more of each."
        )
    if k < 1:
        raise QueryError(f"{k} neighbours were asked for.", fix="Choose 1 or more.")
    k = min(k, rows - 1)
    report = counting(on_progress, "Searching across images and texts")
    image_numbers, text_numbers = (np.unique(kind, return_inverse=True)[1] for kind in map(np.array, keys))
    found = {name: dict.fromkeys(DEPTHS, 0) for name in ("text", "image")}
    overlap = other = 0.0
    for start in range(0, rows, _STEP):
        block = np.arange(start, min(start + _STEP, rows))
        asked = {"image": images.take(block), "text": texts.take(block)}
        most = max(k + 1, *DEPTHS)
        near = {
            (kind, among): index.search(asked[kind], most, "cosine")
            for kind in asked
            for among, index in (("image", images), ("text", texts))
        }
        own_image = _without_own(near["image", "image"].indices, block, k)
        own_text = _without_own(near["text", "text"].indices, block, k)
        overlap += sum(
            len(np.intersect1d(one, two, assume_unique=True)) / k
            for one, two in zip(own_image, own_text, strict=True)
        )
        for kind, opposite in (("image", "text"), ("text", "image")):
            across = near[kind, opposite]
            hit = (image_numbers[across.indices] == image_numbers[block][:, None]) | (
                text_numbers[across.indices] == text_numbers[block][:, None]
            )
            for depth in DEPTHS:
                found[kind][depth] += int(hit[:, :depth].any(axis=1).sum())
            other += _other_share(near[kind, kind], across, block, k)
        report(int(block[-1]) + 1, rows)
    image_mean, text_mean = unit_mean(images), unit_mean(texts)
    distance = float(np.linalg.norm(image_mean - text_mean))
    return ModalityGap(
        distance=distance,
        variance_share=_variance_share((image_mean + text_mean) / 2, distance),
        k=k,
        overlap=overlap / rows,
        chance_overlap=k / (rows - 1),
        other_share=other / (2 * rows),
        chance_other_share=rows / (2 * rows - 1),
        text_to_image={depth: count / rows for depth, count in found["text"].items()},
        image_to_text={depth: count / rows for depth, count in found["image"].items()},
    )


def _without_own(indices: NDArray[np.int64], block: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """The first k of each list without the row itself, shape (rows, k)."""
    kept = indices != block[:, None]
    kept &= np.cumsum(kept, axis=1) <= k
    found: NDArray[np.int64] = indices[kept].reshape(len(indices), k)
    return found


def _other_share(same: TopK, across: TopK, block: NDArray[np.int64], k: int) -> float:
    """The sum over rows of the share of the other kind among the k nearest of both kinds together.

    Of equally near ones, those of the same kind come first.
    """
    alone = np.where(same.indices == block[:, None], -np.inf, same.scores)
    scores = np.concatenate([alone, across.scores], axis=1)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float((best >= alone.shape[1]).sum() / k)


def _variance_share(mean: NDArray[np.float64], distance: float) -> float:
    """The variance between two means as a share of the total, each kind counting the same.

    Vectors have length 1, so the total variance is 1 − |mean of both|²; that between the means is
    distance² / 4.
    """
    total = 1 - float(mean @ mean)
    return 0.0 if total <= 0 else min(1.0, distance**2 / 4 / total)
