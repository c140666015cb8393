"""How alike two matrices of the same rows are, whatever their dimensions: debiased CKA and Procrustes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LEAST = 4  # rows that unbiased HSIC needs


def u_centred(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """The U-centred Gram matrix of a linear kernel, scaled so that its product with itself is 1.

    The product ⟨A, B⟩ of two such matrices is debiased linear CKA: HSIC₁(X, Y) / √(HSIC₁(X, X) HSIC₁(Y, Y))
    with the unbiased HSIC₁ of Song et al., Feature selection via dependence maximization, JMLR 2012, as in
    Nguyen, Raghu and Kornblith, ICLR 2021. U-centring (Székely and Rizzo, 2014) turns HSIC₁ into a product.

    Args:
        vectors: Shape (rows, dims).

    Returns:
        float64, shape (rows, rows); NaN for fewer than four rows, or where it is undefined, such as for equal
        rows.
    """
    count = len(vectors)
    if count < _LEAST:
        return np.full((count, count), np.nan)
    centred = vectors - vectors.mean(axis=0)  # changes nothing but rounding
    gram = centred @ centred.T
    np.fill_diagonal(gram, 0)
    sums = gram.sum(axis=1)
    means = sums / (count - 2)
    gram += sums.sum() / ((count - 1) * (count - 2)) - means[:, None] - means
    np.fill_diagonal(gram, 0)
    norm = np.linalg.norm(gram)
    # Below this, all that is left of the products is their rounding error.
    floor = 1e-12 * np.square(vectors).sum()
    return gram / norm if norm > floor else np.full_like(gram, np.nan)


def standardised(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vectors moved to have mean 0 and scaled to Frobenius norm 1; NaN if all rows are equal."""
    centred = vectors - vectors.mean(axis=0)
    norm = np.linalg.norm(centred)
    return centred / norm if norm > 1e-12 * np.linalg.norm(vectors) else np.full_like(centred, np.nan)


def procrustes_similarity(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The nuclear norm of XᵀY, of two matrices as `standardised` gives them, 0 to 1.

    It is 1 − d / 2 with the orthogonal Procrustes distance d = ‖X‖² + ‖Y‖² − 2 ‖XᵀY‖ₙ of Ding, Denain and
    Steinhardt, Grounding representation similarity with statistical testing, 2021; and √(1 − disparity) of
    `scipy.spatial.procrustes`. A narrower matrix counts as one with columns of zeros.

    Args:
        first: Shape (rows, dims).
        second: Shape (rows, other dims).

    Returns:
        The similarity; NaN where either is.
    """
    product = first.T @ second
    if not np.isfinite(product).all():
        return np.nan
    # The square roots of the eigenvalues of a Gram matrix take a fifth of the time of singular values. Only
    # those below 1e-8 of the largest lose digits, which a sum does not show.
    wide = product if product.shape[0] <= product.shape[1] else product.T
    return float(np.sqrt(np.linalg.eigvalsh(wide @ wide.T).clip(min=0)).sum())
