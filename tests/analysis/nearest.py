from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree


def neighbors_of(vectors, k=15):
    """Nearest neighbours as `lay_out` takes them: the row itself first, also where it is repeated."""
    distances, indices = cKDTree(vectors).query(vectors, k=k)
    own = np.arange(len(vectors))
    distances, indices = np.asarray(distances), np.asarray(indices, dtype=np.int64)
    place = np.where((indices == own[:, None]).any(axis=1), (indices == own[:, None]).argmax(axis=1), k - 1)
    indices[own, place] = indices[:, 0]
    indices[:, 0] = own
    return indices, distances
