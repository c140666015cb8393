"""Specs of clusters and maps: frozen, hashable and validated. Equal specs give equal results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from explorer.errors import QueryError

Distance = Literal["cosine", "euclidean"]
ClusterMethod = Literal["k-means", "hdbscan"]
MapMethod = Literal["pca", "umap", "umap-learn"]
MapMetric = Literal["cosine", "euclidean", "manhattan", "chebyshev", "correlation"]

_MAX_SEED = 2**32 - 1


@dataclass(frozen=True)
class ClusterSpec:
    """How rows are clustered.

    Fields that the method does not use are set to 0, so that specs with equal results are equal.

    Attributes:
        method: `k-means` or `hdbscan`.
        k: Number of clusters (k-means).
        starts: Number of starts; the one with the lowest inertia is kept (k-means).
        seed: The seed of the starts; 0 or more (k-means).
        min_size: The fewest rows of a cluster (HDBSCAN).
        min_samples: Neighbours that make a region dense, including the row itself; None means `min_size`
            (HDBSCAN).
        metric: `cosine` or `euclidean`.

    Raises:
        QueryError: A value is out of range, or there is no such method or metric.
    """

    method: ClusterMethod = "k-means"
    k: int = 8
    starts: int = 1
    seed: int = 0
    min_size: int = 15
    min_samples: int | None = None
    metric: Distance = "cosine"

    def __post_init__(self) -> None:
        _check_choice("method", self.method, get_args(ClusterMethod))
        check_distance(self.metric, "Clusters")
        if self.method == "k-means":
            _set(self, min_size=0, min_samples=0)
            least = {"k": 1, "starts": 1, "seed": 0}
        else:
            _set(self, k=0, starts=0, seed=0)
            if self.min_samples is None:
                _set(self, min_samples=self.min_size)
            least = {"min_size": 2, "min_samples": 1}
        for name, lowest in least.items():
            value = getattr(self, name)
            if value < lowest:
                raise QueryError(f"{name} is {value}.", where=self.method, fix=f"Choose {lowest} or more.")


@dataclass(frozen=True)
class MapSpec:
    """How a map is made.

    Fields that the method does not use are set to 0 or False, so that specs of equal maps are equal.

    Attributes:
        method: `umap` (our own, on all cores), `umap-learn` (the library) or `pca`.
        dims: Dimensions of the map.
        metric: The distance it shows: `cosine` or `euclidean`; with umap-learn also `manhattan`, `chebyshev`
            or `correlation`.
        n_neighbors: Number of nearest rows, including the row itself (both UMAPs).
        min_dist: How close together points can be, 0 to 1 (both UMAPs).
        seed: The seed of the layout, 0 to 2³² − 1 (both UMAPs).
        densmap: Whether dense regions stay dense on the map (umap-learn; Narayan, Berger and Cho 2021).
        supervised: Whether rows with the same label attract each other (umap-learn).

    Raises:
        QueryError: A value is out of range, the method does not exist, or it does not have the metric.
    """

    method: MapMethod = "umap"
    dims: int = 2
    metric: MapMetric = "cosine"
    n_neighbors: int = 15
    min_dist: float = 0.1
    seed: int = 0
    densmap: bool = False
    supervised: bool = False

    def __post_init__(self) -> None:
        _check_choice("method", self.method, get_args(MapMethod))
        if self.method == "umap-learn":
            _check_choice("metric", self.metric, get_args(MapMetric))
        else:
            check_distance(self.metric, f"Maps by {self.method}")
            _set(self, densmap=False, supervised=False)
        if self.dims < 1:
            raise QueryError(f"A map of {self.dims} dimensions was asked for.", fix="Ask for 2 or 3.")
        if self.method == "pca":
            _set(self, n_neighbors=0, min_dist=0.0, seed=0)
            return
        if self.n_neighbors < 2:
            raise QueryError(f"{self.n_neighbors} neighbours were asked for.", fix="Ask for 2 or more.")
        if not 0 <= self.min_dist <= 1:
            raise QueryError(f"The minimum distance is {self.min_dist}.", fix="Choose one from 0 to 1.")
        if not 0 <= self.seed <= _MAX_SEED:
            raise QueryError(
                f"The seed is {self.seed}.", fix=f"Choose a whole number from 0 to {_MAX_SEED:,}."
            )

    @property
    def pca_metric(self) -> Distance:
        """The metric of the PCA map to show beside this one; PCA has only two."""
        return "cosine" if self.metric in ("cosine", "correlation") else "euclidean"


def check_distance(metric: str, what: str) -> None:
    """Raise an error for a metric that clusters and maps do not have.

    Raises:
        QueryError: It is neither `cosine` nor `euclidean`.
    """
    if metric not in get_args(Distance):
        raise QueryError(f"{what} have no metric {metric!r}.", fix="Choose cosine or euclidean.")


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise QueryError(f"There is no {name} {value!r}.", fix=f"Choose one of {', '.join(choices)}.")


def _set(spec: ClusterSpec | MapSpec, **values: float) -> None:
    """Set fields of a frozen spec; only while it is being made."""
    for name, value in values.items():
        object.__setattr__(spec, name, value)
