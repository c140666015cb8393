"""The shared tensor core: devices, vectors, exact search and similarity. Knows torch and numpy only."""

from explorer.tensor.device import fast_dtype, pick_device
from explorer.tensor.index import Index, Neighbors, TopK
from explorer.tensor.scores import METRICS, Metric
from explorer.tensor.similarity import pairwise
from explorer.tensor.vectors import as_matrix, normalize

__all__ = [
    "METRICS",
    "Index",
    "Metric",
    "Neighbors",
    "TopK",
    "as_matrix",
    "fast_dtype",
    "normalize",
    "pairwise",
    "pick_device",
]
