"""Maps turned so that the same rows lie in about the same places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.agreement.matrix_similarity import procrustes_similarity, standardised
from explorer.errors import QueryError


@dataclass(frozen=True, eq=False)
class AlignedMap:
    """A map laid over another one.

    Attributes:
        coordinates: The points, moved, float64, shape (rows, dims).
        similarity: How well the two coincide, 0 to 1; 1 for maps that differ in rotation, reflection, place
            and size only; NaN if all points of either map coincide. See `procrustes_similarity`.
        centre: The centre of the map before it was moved, shape (dims,).
        turn: Its rotation and scale, shape (dims, dims).
        target: Its centre now, shape (dims,).
    """

    coordinates: NDArray[np.float64]
    similarity: float
    centre: NDArray[np.float64]
    turn: NDArray[np.float64]
    target: NDArray[np.float64]

    def place(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Move other points of the same map likewise, float64, shape (points, dims)."""
        moved: NDArray[np.float64] = (points.astype(np.float64) - self.centre) @ self.turn + self.target
        return moved


def align(points: NDArray[np.floating], reference: NDArray[np.floating]) -> AlignedMap:
    """Lay a map over another one of the same rows, by rotation, reflection, translation and uniform scale.

    The rotation is the solution of the orthogonal Procrustes problem (Schönemann, A generalized solution of
    the orthogonal Procrustes problem, 1966). Both maps have then the same centre and the same sum of squared
    distances to it, as in `scipy.spatial.procrustes` before its last scaling: the scale of least squares is
    smaller by the factor `similarity`, so that maps with little in common would shrink to a dot.

    Args:
        points: The map to move, shape (rows, dims).
        reference: The map that stays, shape (rows, dims).

    Returns:
        The map at its new place. Where all points of a map coincide, as for a single row, there is nothing to
        turn, and only the centres are laid over each other.

    Raises:
        QueryError: The maps have other shapes or no rows.
    """
    from scipy.linalg import orthogonal_procrustes

    if points.shape != reference.shape or not len(points):
        raise QueryError(
            f"Maps of shapes {points.shape} and {reference.shape} cannot be aligned.",
            fix="Take maps of the same rows and dimensions, with one row or more.",
        )
    moved, target = points.astype(np.float64), reference.astype(np.float64)
    centre, new_centre = moved.mean(axis=0), target.mean(axis=0)
    own, wanted = standardised(moved), standardised(target)
    if not np.isfinite(own + wanted).all():
        unturned = np.eye(moved.shape[1])
        return AlignedMap(moved - centre + new_centre, np.nan, centre, unturned, new_centre)
    rotation, _ = orthogonal_procrustes(own, wanted)
    size = float(np.linalg.norm(target - new_centre))
    turn = rotation * size / float(np.linalg.norm(moved - centre))
    similarity = procrustes_similarity(own, wanted)
    return AlignedMap(size * (own @ rotation) + new_centre, similarity, centre, turn, new_centre)
