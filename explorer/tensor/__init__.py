"""The shared tensor core: devices, vectors, exact search and similarity. Knows torch and numpy only."""

import os

# The threads of a matrix product spin while they wait for each other. On a few cores shared with a web server
# and a browser, that costs more than half of the speed; without any spinning, work in many small steps loses
# a sixth. The variables only take effect before torch is loaded; values set by the user are kept.
# `benchmarks/threads.py` measures this.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "5000")

from explorer.tensor.device import fast_dtype, pick_device
from explorer.tensor.index import Index
from explorer.tensor.kmeans import KMeans
from explorer.tensor.matrices import as_matrix, normalize
from explorer.tensor.pairs import Pairs
from explorer.tensor.pairwise import paired, pairwise
from explorer.tensor.scores import METRICS, Metric
from explorer.tensor.vector_index import Neighbors, TopK, VectorIndex

__all__ = [
    "METRICS",
    "Index",
    "KMeans",
    "Metric",
    "Neighbors",
    "Pairs",
    "TopK",
    "VectorIndex",
    "as_matrix",
    "fast_dtype",
    "normalize",
    "paired",
    "pairwise",
    "pick_device",
]
