"""Weights that stay in their file."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from explorer.encode.engines.bert.weights import drop_pages, mapped_files, read_weights


@pytest.fixture
def path(tmp_path):
    random = np.random.default_rng(0)
    path = tmp_path / "model.safetensors"
    save_file({name: random.normal(size=(500, 1_000)).astype(np.float32) for name in ("one", "two")}, path)
    return path


def resident_kb(path):
    """How much of a file is mapped and in memory."""
    mapped = re.findall(rf"{re.escape(str(path))}\nSize:.*?\nRss:\s+(\d+)", smaps(), re.DOTALL)
    return sum(map(int, mapped))


def smaps():
    return Path("/proc/self/smaps").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of its memory")
def test_dropped_pages_of_mapped_weights_are_read_again_when_used(path):
    weights = read_weights(path, mapped=True)
    expected = {name: weight.copy() for name, weight in weights.items()}
    assert resident_kb(path) > 3_900
    drop_pages(mapped_files(weights.values()))
    assert resident_kb(path) == 0
    assert all(np.array_equal(weights[name], expected[name]) for name in expected)


def test_only_mapped_weights_have_a_file_and_all_share_it(path):
    mapped, read = (read_weights(path, mapped=choice).values() for choice in (True, False))
    assert len(mapped_files([*mapped, *read, np.arange(3, dtype=np.float32)])) == 1
    assert mapped_files(read) == []
