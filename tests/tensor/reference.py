"""What the tensor core has to answer, in plain numpy and float64, one score for every pair."""

import numpy as np


def row_sums(values):
    """Sum the last axis by adding its second half to the first, as the core defines a score's sum."""
    values = values.copy()
    while (width := values.shape[-1]) > 1:
        half = -(-width // 2)
        values[..., : width - half] += values[..., half:]
        values = values[..., :half]
    return values[..., 0]


def scores(queries, matrix, metric):
    """Float64 scores of shape (queries, rows), larger is closer."""
    a, b = (np.asarray(side, np.float32).astype(np.float64) for side in (queries, matrix))
    if metric == "euclidean":
        return 0 - np.sqrt(np.stack([row_sums((line - b) ** 2) for line in a]))
    products = np.stack([row_sums(line * b) for line in a])
    if metric == "dot":
        return products
    lengths = np.sqrt(row_sums(a * a))[:, None] * np.sqrt(row_sums(b * b))
    return np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)


def ranking(table, k, rows=None):
    """The k best columns of each line and their scores; equal scores in the order of columns."""
    rows = np.arange(table.shape[1]) if rows is None else np.asarray(rows)
    k = min(k, len(rows))
    order = [rows[np.lexsort((rows, -line[rows]))][:k] for line in table]
    indices = np.array(order, np.int64).reshape(len(table), k)
    return indices, rounded(np.take_along_axis(table, indices, 1))


def rounded(table):
    """Scores as float32; a dot product too large for it becomes infinite."""
    with np.errstate(over="ignore"):
        return table.astype(np.float32)


def neighbors(matrix, k, metric):
    """The k best other rows of each row and their scores."""
    table = scores(matrix, matrix, metric)
    lines = [ranking(line[None], k, np.delete(np.arange(len(matrix)), row)) for row, line in enumerate(table)]
    return tuple(np.concatenate(parts) for parts in zip(*lines, strict=True))
