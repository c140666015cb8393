"""Error bounds of scores computed fast, compared with the exact ones."""

from __future__ import annotations

import math

import torch

UNIT_ROUNDOFF = {torch.float64: 2.0**-53, torch.float32: 2.0**-24, torch.bfloat16: 2.0**-8}
"""Largest relative error of rounding a number to the format, to nearest."""


def gamma(terms: int, unit: float) -> float:
    """The most relative error of `terms` successive roundings: n·u / (1 − n·u).

    Source: Higham, Accuracy and Stability of Numerical Algorithms (2nd ed., 2002), lemma 3.1.

    Args:
        terms: Number of roundings, n; n·u has to be under 1.
        unit: Unit roundoff, u.
    """
    return terms * unit / (1 - terms * unit)


def dot_error(dims: int, dtype: torch.dtype, device: torch.device) -> float:
    """Bound the error of a dot product by a matrix product in `dtype`, relative to |x|·|y|.

    In whatever order the products are summed, |fl(xᵀy) − xᵀy| ≤ γₙ |x|ᵀ|y| (Higham, § 3.1, eq. 3.5),
    and |x|ᵀ|y| is at most the product of the Euclidean lengths. Three parts multiply:

    * x, y and the result are rounded to `dtype` (bfloat16 products are summed in float32);
    * the sum itself, with 16 roundings on top for the scale, the offset and the query's own scaling,
      and for products too small for the format. The terms count twice because ARM's bfloat16
      instructions round to odd, with an error of up to 2u;
    * the float64 score it is compared with is itself rounded.

    Args:
        dims: Length of the vectors.
        dtype: float64, float32 or bfloat16.
        device: Where the product is computed.

    Returns:
        The bound, without a unit.
    """
    summed = torch.float64 if dtype == torch.float64 else torch.float32
    stored = torch.bfloat16 if dtype == torch.float32 and float32_is_shortened(device) else dtype
    terms = 2 * (dims + 16)
    return math.expm1(
        3 * math.log1p(UNIT_ROUNDOFF[stored])
        + math.log1p(gamma(terms, UNIT_ROUNDOFF[summed]))
        + math.log1p(gamma(terms, UNIT_ROUNDOFF[torch.float64]))
    )


def float32_is_shortened(device: torch.device) -> bool:
    """Whether this process lets float32 matrix products run in TF32 or bfloat16.

    `torch.set_float32_matmul_precision` sets this for the whole process, so it is not ours to change, and
    the bound follows it.
    """
    backend = torch.backends.cuda if device.type == "cuda" else torch.backends.mkldnn
    return backend.matmul.fp32_precision not in ("none", "ieee")
