import gc
import mmap
import sys
import tempfile
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pyarrow as pa
import pytest
import torch

import explorer
from explorer.jobs.sizes import Memory, parts_of

MB = 1_000_000
SMALL = 20_000  # what everything beside the arrays may take


def size(thing):
    return sum(parts_of(thing).values())


def array():
    return np.zeros(MB, np.uint8)


def function_that_holds(held):
    def function():
        return held, never

    if held is None:
        never = held
    return function


@dataclass(frozen=True)
class Result:
    first: np.ndarray
    more: dict[str, list[np.ndarray]]


@pytest.mark.parametrize(
    ("make", "millions"),
    [
        (array, 1),
        (lambda: [array(), (array(), {"a": {"b": array()}})], 3),
        (lambda: Result(array(), {"more": [array(), array()]}), 3),
        (lambda: pa.table({"a": pa.array(array()), "b": pa.array(array())}), 2),
        (lambda: pa.table({"a": pa.array([b"x" * MB])}), 1),
        (lambda: pa.array([b"x" * MB] * 3).dictionary_encode(), 1),
        (lambda: torch.zeros(MB, dtype=torch.uint8), 1),
        (lambda: ["x" * MB, "y" * MB], 2),
        (lambda: np.array(["x" * MB, "y" * MB], dtype=object), 2),
        (lambda: function_that_holds(array()), 1),
        (lambda: {"x" * 1000 + str(n): None for n in range(2000)}, 2),
    ],
)
def test_what_a_result_holds_is_found_wherever_it_lies(make, millions):
    assert size(make()) == pytest.approx(millions * MB, abs=0.12 * millions * MB)


def test_what_tfidf_learned_is_counted():
    encoder = explorer.embed([f"word{n} and word{n + 1}" for n in range(300)], "tfidf").encoder
    assert size(encoder) > encoder.engine._components.nbytes


@pytest.mark.slow
def test_a_space_is_counted_with_its_rows_and_vectors():
    corpus = explorer.open_corpus([f"text {n} " + "word " * 20 for n in range(3000)])
    space = explorer.embed(corpus, "tfidf")
    assert size(space) > space.vectors.nbytes + corpus.table.nbytes + sum(map(len, corpus.texts))
    learned = space.encoder.engine._components.nbytes
    assert size(space) < 4 * (space.vectors.nbytes + corpus.table.nbytes + learned)


def test_what_two_results_share_is_counted_once():
    shared, texts = array(), ["x" * 1000 + str(n) for n in range(2000)]
    results = [(shared, texts), {"view": shared[1000:2000], "texts": texts}, torch.from_numpy(shared)]
    memory = Memory()
    for result in results:
        memory.add(parts_of(result))
    both = pytest.approx(MB + sum(map(len, texts)), abs=0.15 * MB)
    assert memory.bytes == both
    memory.remove(parts_of(results[0]))
    assert memory.bytes == both
    memory.remove(parts_of(results[1]))
    assert memory.bytes == pytest.approx(MB, abs=SMALL)
    memory.remove(parts_of(results[2]))
    assert memory.bytes == 0


def test_a_thing_that_holds_itself_is_no_trouble():
    ring = [array()]
    ring.append(ring)
    assert size(ring) == pytest.approx(MB, abs=SMALL)


@pytest.mark.slow
def test_files_mapped_into_memory_are_not_counted():
    with tempfile.TemporaryFile() as file:
        file.truncate(MB)
        mapped = np.frombuffer(mmap.mmap(file.fileno(), MB), np.uint8)
        kept = np.memmap(file, np.uint8, "r+", shape=(MB,)).view(np.ndarray)
    assert size([kept, torch.from_numpy(kept)]) < SMALL
    del mapped
    gc.collect()


def test_a_result_is_measured_while_another_thread_imports_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))
    assert sum(parts_of((np.zeros(1000), object())).values()) >= 8000
