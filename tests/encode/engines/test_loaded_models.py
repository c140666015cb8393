"""Loading models side by side; what engines compute is tested with each of them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import torch

from explorer.encode.engines import loaded_models, model_memory, openvino
from explorer.encode.engines.graph_outcomes import NoGraphError
from explorer.errors import NotEnoughMemoryError
from explorer.jobs import memory_limit
from explorer.settings import settings

CPU = torch.device("cpu")
SIZES = {"a": 40_000_000, "b": 50_000_000, "c": 60_000_000, "large": 900_000_000}


class Machine:
    """Stands for OpenVINO: models by name, of which some take until they are allowed to go on.

    Attributes:
        converting, reading: Models that are held up in that step.
        begun: Set once a step that is held up has begun, by the model.
        opened: Models whose weights were read, in order.
        most: Models whose weights were read at once, at most.
    """

    def __init__(self):
        self.converting, self.reading = set(), set()
        self.begun = {name: threading.Event() for name in SIZES}
        self.go = {name: threading.Event() for name in SIZES}
        self.opened = []
        self.most = self._now = 0

    def hold(self, name, held):
        self.begun[name].set()
        if name in held:
            assert self.go[name].wait(60)

    def ready(self, files, _dtype):
        self.hold(files.identity, self.converting)
        return files.identity

    def engine(self, files, graph, _dtype):
        assert graph == files.identity
        self.opened.append(graph)
        self._now += 1
        self.most = max(self.most, self._now)
        self.hold(graph, self.reading)
        self._now -= 1
        return f"engine of {graph}"


@pytest.fixture
def machine(monkeypatch, nothing_loaded):
    machine = Machine()
    for module in (loaded_models, model_memory):
        monkeypatch.setattr(module, "weights_bytes", lambda files, _dtype: SIZES[files.identity])
    monkeypatch.setattr(openvino, "ready", machine.ready)
    monkeypatch.setattr(openvino, "OpenVINOEngine", machine.engine)
    yield machine
    for go in machine.go.values():
        go.set()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as pool:
        yield pool


def load(name):
    return loaded_models.load(
        SimpleNamespace(
            identity=name,
            name=name,
            facts=SimpleNamespace(is_static=False, takes_images=False, table_parameters=None),
        ),
        CPU,
        "float32",
    )


def test_a_loaded_model_does_not_wait_for_another_that_is_converted_or_loaded(machine, pool):
    load("a")
    machine.converting.add("b")
    machine.reading.add("c")
    others = [pool.submit(load, name) for name in "bc"]
    assert machine.begun["b"].wait(30)
    assert machine.begun["c"].wait(30)
    assert pool.submit(load, "a").result(30) == "engine of a"
    for name in "bc":
        machine.go[name].set()
    assert [other.result(30) for other in others] == ["engine of b", "engine of c"]


def test_a_model_with_a_graph_does_not_wait_for_one_that_is_converted(machine, pool):
    machine.converting.add("b")
    other = pool.submit(load, "b")
    assert machine.begun["b"].wait(30)
    assert pool.submit(load, "a").result(30) == "engine of a"
    assert not other.done()
    machine.go["b"].set()
    assert other.result(30) == "engine of b"


def test_a_model_that_many_ask_for_is_loaded_once_and_weights_are_read_one_model_at_a_time(machine, pool):
    machine.reading |= {"a", "b"}
    asked = [pool.submit(load, name) for name in "aababb"]
    machine.go["a"].set()
    machine.go["b"].set()
    assert [one.result(30) for one in asked] == [f"engine of {name}" for name in "aababb"]
    assert sorted(machine.opened) == ["a", "b"]
    assert machine.most == 1


def test_a_model_that_cannot_be_loaded_is_tried_by_the_next_who_asks(machine, monkeypatch):
    def refuse(files, _device, _dtype, _notes):
        raise ValueError(files.identity)

    def no_graph(_files, _dtype):
        raise NoGraphError("no")

    monkeypatch.setattr(openvino, "ready", no_graph)
    monkeypatch.setattr(loaded_models, "TorchEngine", refuse)
    for _ in range(2):
        with pytest.raises(ValueError, match="a"):
            load("a")
    monkeypatch.setattr(openvino, "ready", machine.ready)
    assert load("a") == "engine of a"


def test_models_that_fit_stay_loaded_and_the_one_used_longest_ago_goes_first(machine, monkeypatch):
    monkeypatch.setenv("EXPLORER_MODELS_MB", "100")
    settings.cache_clear()
    for name in "abab":
        load(name)
    assert machine.opened == ["a", "b"]
    load("a")
    load("c")  # 40 + 50 + 60 MB are too many
    load("a")
    assert machine.opened == ["a", "b", "c"]
    load("b")
    assert machine.opened == ["a", "b", "c", "b"]


def test_a_model_larger_than_the_bound_stays_while_it_is_used(machine, monkeypatch):
    monkeypatch.setenv("EXPLORER_MODELS_MB", "100")
    settings.cache_clear()
    for name in ("a", "large", "large", "a"):
        load(name)
    assert machine.opened == ["a", "large", "a"]


def test_a_model_that_does_not_fit_is_refused_before_it_is_read(machine, memory_of, monkeypatch):
    monkeypatch.setattr(model_memory, "_LIBRARY", 0)
    memory_of(65)  # "a" takes 40 MB and "b" 50, both besides a tokenizer
    load("a")
    memory_of(0)
    assert load("a") == "engine of a"  # it is loaded already
    memory_of(65)
    with pytest.raises(NotEnoughMemoryError, match="The model b needs about 70 MB"):
        load("b")
    assert machine.opened == ["a"]


def test_models_that_are_not_used_make_room_for_another(machine, monkeypatch):
    monkeypatch.setattr(model_memory, "_LIBRARY", 0)
    load("a")
    load("c")
    left = {2: 20e6, 1: 60e6, 0: 120e6}  # by the number of loaded models
    monkeypatch.setattr(memory_limit, "memory_left", lambda: left[len(loaded_models.loaded()._models)])
    assert load("b") == "engine of b"
    assert len(loaded_models.loaded()._models) == 1
