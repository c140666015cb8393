from types import SimpleNamespace

import numpy as np
import pytest
import torch

from explorer.encode import precision
from explorer.encode.engines.engine import Prompt
from explorer.encode.precision import compare_precisions


@pytest.mark.parametrize(
    ("dtype", "cosine", "passed"),
    [
        ("bfloat16", 0.99991, True),
        ("bfloat16", 0.99989, False),
        ("float16", 0.9991, True),
        ("float16", 0.9989, False),
        ("bfloat16", np.nan, False),
    ],
)
def test_the_row_that_is_least_alike_decides_and_the_other_engine_is_unloaded(
    monkeypatch, dtype, cosine, passed
):
    exact = np.array([[2.0, 0, 0], [0, 3, 0]])
    short = np.array([[1.0, 0, 0], [np.sqrt(1 - cosine**2), cosine, 0]])
    unloaded = []
    monkeypatch.setattr(precision.engines, "load", lambda *of: SimpleNamespace(kind="torch", dtype=of[-1]))
    monkeypatch.setattr(precision.engines, "unload", lambda *of: unloaded.append(of[-1]))
    monkeypatch.setattr(
        precision, "encode_few", lambda engine, *_, **__: exact if engine.dtype == "float32" else short
    )
    check = compare_precisions(None, torch.device("cpu"), dtype, ["a", "b"], Prompt(""))
    assert (check.passed, check.dtype, check.rows) == (passed, dtype, 2)
    assert check.min_cosine == pytest.approx(-1 if np.isnan(cosine) else cosine)
    assert unloaded == ["float32" if passed else dtype]
