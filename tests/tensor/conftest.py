import pytest
import torch

from explorer.tensor import search_matrix


@pytest.fixture(params=["float32", "bfloat16"])
def coarse(request, monkeypatch):
    """Run on a processor without bfloat16, then on one with it, whatever this one is."""
    dtype = getattr(torch, request.param)
    monkeypatch.setattr(search_matrix, "fast_dtype", lambda device: dtype)
    return dtype
