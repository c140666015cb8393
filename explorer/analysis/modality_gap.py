"""The modality gap: how far images and their captions are apart, and what that does to their neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.fitting import alignment, reduction, unit_mean
from explorer.analysis.space import Space, make_index
from explorer.errors import QueryError
from explorer.jobs.memory_limit import require_memory
from explorer.jobs.progress import OnProgress, counting
from explorer.tensor import TopK

DEPTHS = (1, 5, 10)
"""The numbers of hits that recall is measured at."""
ROWS = 5_000
"""The most rows whose neighbours are found; the figures of more are those of a random sample of so many."""
_STEP = 512  # rows searched between two progress reports


@dataclass(frozen=True)
class ModalityGap:
    """What separates images from texts in one space; row i of both belongs together.

    Attributes:
        distance: Between the mean of the images and that of the texts, all scaled to length 1; at most 2.
        variance_share: The share of the variance of all of them, images and texts, that lies between the two
            means: 0 for equal means, 1 if nothing else varies.
        rows: Rows whose neighbours were found, among all rows; the means are those of all rows.
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
    rows: int
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
    way round. Vectors of zeros are left out of the means. For the gap that is left once the means are
    aligned, give the result of `align_means`.

    Args:
        images: The rows' images.
        texts: The same rows' texts, such as `images.caption_space()`.
        k: Neighbours in a list; fewer where there are fewer rows.
        on_progress: Called with the rows searched; an exception it raises stops the work.

    Raises:
        QueryError: There are fewer than two rows, the spaces differ in their number, or k is below 1.
    """
    total = len(images)
    if len(texts) != total or total < 2:
        raise QueryError(
            f"There are {total:,} images and {len(texts):,} texts.", fix="Give 2 or more of each."
        )
    if k < 1:
        raise QueryError(f"{k} neighbours were asked for.", fix="Choose 1 or more.")
    k, rows = min(k, total - 1), _sample(total, ROWS)
    report = counting(on_progress, "Searching across images and texts")
    image_numbers, text_numbers = (
        np.unique(np.array(space.corpus.item_keys), return_inverse=True)[1] for space in (images, texts)
    )
    found = {kind: dict.fromkeys(DEPTHS, 0) for kind in ("text", "image")}
    overlap = other = 0.0
    indices = {"image": images.index, "text": texts.index}
    for start in range(0, len(rows), _STEP):
        block = rows[start : start + _STEP]
        near = {
            (kind, among): indices[among].search(indices[kind].take(block), max(k + 1, *DEPTHS), "cosine")
            for kind in indices
            for among in indices
        }
        overlap += _shared(near["image", "image"], near["text", "text"], block, k)
        for kind, opposite in (("image", "text"), ("text", "image")):
            across = near[kind, opposite]
            own = (image_numbers[across.indices] == image_numbers[block][:, None]) | (
                text_numbers[across.indices] == text_numbers[block][:, None]
            )
            for depth in DEPTHS:
                found[kind][depth] += int(own[:, :depth].any(axis=1).sum())
            other += _other_share(near[kind, kind], across, block, k)
        report(start + len(block), len(rows))
    image_mean, text_mean = unit_mean(images.index), unit_mean(texts.index)
    distance = float(np.linalg.norm(image_mean - text_mean))
    return ModalityGap(
        distance=distance,
        variance_share=_variance_share((image_mean + text_mean) / 2, distance),
        rows=len(rows),
        k=k,
        overlap=overlap / len(rows),
        chance_overlap=k / (total - 1),
        other_share=other / (2 * len(rows)),
        chance_other_share=total / (2 * total - 1),
        text_to_image={depth: count / len(rows) for depth, count in found["text"].items()},
        image_to_text={depth: count / len(rows) for depth, count in found["image"].items()},
    )


def align_means(images: Space, texts: Space) -> tuple[Space, Space]:
    """Both spaces, each without the mean of its own vectors; see `Alignment`.

    Raises:
        NotEnoughMemoryError: The new vectors do not fit in memory.
    """
    needed = 4 * (len(images) * images.dims + len(texts) * texts.dims)
    require_memory(needed, f"Aligning {len(images):,} rows", "Use fewer rows.")
    step = alignment(images.index, texts.index, images.fingerprint)
    return images.transformed(step), texts.transformed(step, "text row")


def gap_coordinates(images: Space, texts: Space, *, most: int = 2_000) -> NDArray[np.float32]:
    """Images, then as many texts, on the first two principal axes of all of them, scaled to length 1.

    Args:
        images: The rows' images.
        texts: The same rows' texts.
        most: The most rows; of more, a random sample.

    Returns:
        float32, shape (2 × min(rows, most), min(2, dims)).
    """
    rows = _sample(len(images), most)
    both = np.concatenate([images.index.take(rows), texts.index.take(rows)])
    index = make_index(both)
    return reduction(index, min(2, index.dims), "cosine", "").apply(both, "row")


def _sample(total: int, most: int) -> NDArray[np.int64]:
    """Rows at random, ascending; all of them if there are no more."""
    if total <= most:
        return np.arange(total)
    return np.sort(np.random.default_rng(0).choice(total, most, replace=False))


def _shared(one: TopK, other: TopK, block: NDArray[np.int64], k: int) -> float:
    """The sum over rows of the share of their k nearest that two lists have in common."""
    lists = [_without_own(found.indices, block, k) for found in (one, other)]
    return float((lists[0][:, :, None] == lists[1][:, None, :]).sum() / k)


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
