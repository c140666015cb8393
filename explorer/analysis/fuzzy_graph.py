"""UMAP's graph: how strongly each row is connected to its nearest neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK = 4_096  # rows


def fuzzy_graph(
    indices: NDArray[np.int64], distances: NDArray[np.float64], epochs: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Turn nearest neighbours into a graph (McInnes, Healy and Melville 2018, algorithms 2 and 3).

    Args:
        indices: Nearest neighbours, the row itself first, shape (rows, k).
        distances: To the neighbours, ascending, shape (rows, k).
        epochs: The epochs of the layout.

    Returns:
        The edges in CSR form: row pointers, shape (rows + 1,), the heads of the edges, and their weights, at
        most 1. Edges too weak to be sampled in these epochs are dropped.
    """
    from scipy.sparse import csr_array

    rows, k = indices.shape
    floor = float(distances.mean())
    parts = [_strengths(distances[at : at + _BLOCK], floor) for at in range(0, rows, _BLOCK)]
    pointers = np.arange(0, rows * (k - 1) + 1, k - 1)
    one_way = csr_array(
        (np.concatenate(parts).ravel(), indices[:, 1:].ravel().astype(np.int32), pointers.astype(np.int32)),
        shape=(rows, rows),
    )
    other = one_way.T.tocsr()
    graph = (one_way + other - one_way * other).tocsr()
    graph.data /= graph.data.max()
    graph.data[graph.data < 1 / epochs] = 0
    graph.eliminate_zeros()
    graph.sort_indices()
    return graph.indptr.astype(np.int32), graph.indices.astype(np.int32), graph.data.astype(np.float32)


def _strengths(distances: NDArray[np.float64], floor: float) -> NDArray[np.float64]:
    """Membership strengths of the neighbours: exp(−(d − ρ) / σ), and 1 up to ρ (algorithm 3).

    ρ is the row's smallest distance above 0. σ makes its strengths sum to log₂ k, and is at least a
    thousandth of the row's mean distance (of the mean over all rows where the row's own are all 0).

    Args:
        distances: To the neighbours, the row itself first, ascending, shape (rows, k).
        floor: The mean distance over all rows.

    Returns:
        Shape (rows, k − 1): without the row itself.
    """
    k = distances.shape[1]
    nearest = np.where(distances > 0, distances, np.inf).min(axis=1, keepdims=True)
    nearest[np.isinf(nearest)] = 0
    beyond = np.maximum(0, distances[:, 1:] - nearest)
    low, high, sigma = np.zeros_like(nearest), np.full_like(nearest, np.inf), np.ones_like(nearest)
    for _ in range(64):
        off = np.exp(-beyond / sigma).sum(axis=1, keepdims=True) - np.log2(k)
        if (np.abs(off) < 1e-5).all():
            break
        high = np.where(off > 0, sigma, high)
        low = np.where(off > 0, low, sigma)
        sigma = np.where(np.isinf(high), 2 * sigma, (low + high) / 2)
    means = np.where(nearest > 0, distances.mean(axis=1, keepdims=True), floor)
    strengths: NDArray[np.float64] = np.exp(-beyond / np.maximum(sigma, 1e-3 * means))
    return strengths
