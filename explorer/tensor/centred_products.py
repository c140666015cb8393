"""Rows arranged so that one matrix product orders them as their scores do."""

from __future__ import annotations

import torch

from explorer.tensor.device import fast_dtype
from explorer.tensor.score_bounds import Scratch
from explorer.tensor.scores import Metric
from explorer.tensor.search_matrix import SearchMatrix


class CentredProducts:
    """The rows, arranged so that products with a query rank them as the query's scores do.

    Rows are scaled (to length 1 for cosine, else to length 1 at most) and centred on their mean, where
    products round less. With y the scaled row, m the mean and z = y − m,

    * cosine and dot: y_q·y_x − y_q·m = z_q·z_x + m·z_x;
    * euclidean: (|y_q − m|² − |y_q − y_x|²) / 2 = z_q·z_x − |z_x|²/2.

    So a row becomes z_x and its offset (the last term), split over two columns because one would hold too few
    of its digits; a query becomes z_q and two ones.

    Attributes:
        dtype: dtype of the products.
        columns: Number of columns, a multiple of 8, which GPUs prefer.
        scratch: Reused memory.
    """

    def __init__(self, matrix: SearchMatrix, metric: Metric, some: torch.Tensor) -> None:
        self._metric = metric
        self._vectors = matrix.rows.vectors
        norms = matrix.rows.norms if metric == "cosine" else matrix.rows.norms.max().expand(len(matrix))
        self._factors = (1 / torch.where(norms == 0, 1, norms)).float()[:, None]
        self._mean = torch.zeros(matrix.dims, device=matrix.device)
        self.dtype = fast_dtype(matrix.device)
        self.columns = (matrix.dims + 2 + 7) // 8 * 8
        self.scratch = Scratch(matrix.device)
        self._mean = self.moved(some).mean(0)

    def moved(self, rows: torch.Tensor) -> torch.Tensor:
        """Rows scaled and centred, float32, shape (rows, dims); valid until the next call."""
        vectors = self.scratch.take("moved", (len(rows), self._vectors.shape[1]), torch.float32)
        torch.index_select(self._vectors, 0, rows, out=vectors)
        return vectors.mul_(self._factors[rows]).sub_(self._mean)

    def rows(self, rows: torch.Tensor) -> torch.Tensor:
        """Rows as the row side of the product: shape (rows, columns); valid until the next call."""
        return self.features(self.moved(rows), self._metric)

    def queries(self, rows: torch.Tensor) -> torch.Tensor:
        """Rows as the query side of the product: shape (rows, columns)."""
        vectors = self.moved(rows)
        queries = vectors.new_zeros((len(rows), self.columns), dtype=self.dtype)
        queries[:, : vectors.shape[1]] = vectors
        queries[:, vectors.shape[1] : vectors.shape[1] + 2] = 1
        return queries

    def features(self, vectors: torch.Tensor, metric: Metric) -> torch.Tensor:
        """Centred vectors as the row side of the product."""
        dims = vectors.shape[1]
        offset = -vectors.square().sum(1) / 2 if metric == "euclidean" else vectors @ self._mean
        features = self.scratch.take("features", (len(vectors), self.columns), self.dtype)
        features[:, :dims] = vectors
        features[:, dims] = offset
        features[:, dims + 1] = offset - features[:, dims].float()
        features[:, dims + 2 :] = 0
        return features
