"""Encoding in several processes: the same vectors, also where one is killed, and none that is left behind."""

import os
import random
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import explorer
from benchmarks.processes import children
from explorer.encode.cache import vector_cache
from explorer.encode.engines import several_processes
from explorer.encode.local_encoder import local_encoder
from explorer.encode.models import find_model
from explorer.encode.spec import LocalModel
from explorer.errors import EncodeError, JobCancelledError, NotEnoughMemoryError
from explorer.settings import settings
from tests.tiny_model import WORDS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts the processes, as Linux tells them")
_SPEC = {"precision": "float32", "prompt": ""}


def texts_of(count, seed=0):
    chosen = random.Random(seed)
    return [" ".join([*chosen.choices(WORDS, k=chosen.randint(1, 9)), str(n)]) for n in range(count)]


TEXTS = texts_of(1_500)  # about ten batches


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1})


@pytest.fixture
def failing(monkeypatch, tmp_path):
    monkeypatch.setattr(several_processes, "_MODULE", "tests.encode.engines.failing_worker")
    monkeypatch.setenv("DIED", str(tmp_path / "died"))


@pytest.fixture
def another_cache(monkeypatch, tmp_path):
    """Goes on with an empty cache, when it is called."""

    def begin():
        monkeypatch.setenv("EXPLORER_CACHE_DIR", str(tmp_path / "another"))
        settings.cache_clear()

    return begin


def encoding():
    """The processes that encode; earlier tests may have left one for maps, which is kept for a while."""
    return [child for child in children("self") if several_processes._MODULE.encode() in command_of(child)]


def command_of(process):
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:  # it has just ended
        return b""


def embed(texts, model, **options):
    return explorer.embed(texts, str(model), **_SPEC, **options)


def test_vectors_are_bit_for_bit_those_of_one_process_and_in_the_order_of_the_rows(tiny_model, another_cache):
    told = []
    texts = [*TEXTS, TEXTS[7], TEXTS[3]]
    several = embed(texts, tiny_model, workers=4, on_progress=told.append)
    assert not encoding()
    assert several.report.engine == "OpenVINO float32 on cpu, 2 processes"
    assert several.report.encoded == len(TEXTS)
    assert several.report.notes == ("4 processes were asked for; 2 were used, one for each core.",)
    phases = list(dict.fromkeys(progress.phase for progress in told))
    assert phases == [
        "Opening the model", "Looking in the cache", "Loading the model", "Counting tokens", "Encoding"
    ]  # fmt: skip
    assert [progress.done for progress in told] == sorted(progress.done for progress in told)
    assert told[-1].done == len(texts)
    another_cache()
    one = embed(texts, tiny_model)
    np.testing.assert_array_equal(several.vectors, one.vectors)


def test_a_batch_whose_process_is_killed_is_encoded_by_another(tiny_model, failing, another_cache):
    texts = [*TEXTS, "die once"]
    several = embed(texts, tiny_model, workers=2)
    assert several.report.notes == (
        "The process of encoding ended unexpectedly (Killed). Others encoded its texts.",
    )
    assert not encoding()
    another_cache()
    np.testing.assert_array_equal(several.vectors, embed(texts, tiny_model).vectors)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("please fail", r"\d+ texts, the longest is row 1,\d+: encoding failed \(ValueError: no such word\)"),
        ("please die", r"the longest is row .*: The process of encoding ended unexpectedly \(Killed\)"),
        ("no number", r"The model returned values that are not numbers"),
    ],
    ids=["fails", "is killed", "gives no numbers"],
)
def test_a_batch_that_fails_is_named_and_what_was_encoded_is_kept(tiny_model, failing, text, message):
    with pytest.raises(EncodeError, match=message) as caught:
        embed([*TEXTS, text], tiny_model, workers=2)
    assert tiny_model.name in caught.value.where
    assert "row " in caught.value.where
    assert not encoding()
    again = embed(TEXTS, tiny_model)
    assert again.report.cached > 0


def test_when_it_is_stopped_no_process_is_left_and_another_run_goes_on(tiny_model, another_cache):
    seen = []

    def stop(progress):
        if progress.phase == "Encoding" and progress.done:
            seen.extend(encoding())
            raise JobCancelledError("Stopped.")

    with pytest.raises(JobCancelledError):
        embed(TEXTS, tiny_model, workers=2, on_progress=stop)
    assert len(seen) == 2
    assert not encoding()
    resumed = embed(TEXTS, tiny_model)
    assert 0 < resumed.report.cached < len(TEXTS)
    another_cache()
    np.testing.assert_array_equal(resumed.vectors, embed(TEXTS, tiny_model).vectors)


def test_it_stops_while_processes_open_the_model(tiny_model):
    def stop(progress):
        if encoding():
            raise JobCancelledError("Stopped.")

    with pytest.raises(JobCancelledError):
        embed(TEXTS, tiny_model, workers=2, on_progress=stop)
    assert not encoding()


def test_a_single_text_needs_no_process(tiny_model, monkeypatch):
    monkeypatch.setattr(several_processes, "several_processes", None)
    space = embed(["my cat"], tiny_model, workers=2)
    assert space.report.engine == "OpenVINO float32 on cpu"
    assert embed(["my cat", "my cat"], tiny_model, workers=2).report.encoded == 0


@pytest.mark.parametrize(
    ("model", "options"),
    [("tfidf", {}), ("owner/model", {"provider": "hf-inference"}), ("", {"own_vectors": True})],
)
def test_what_is_no_model_on_this_machine_has_no_processes(model, options):
    with pytest.raises(EncodeError, match=r"Only a model that runs on this machine.* Leave out `workers`"):
        explorer.embed(TEXTS, model, workers=2, **options)


@pytest.mark.parametrize("workers", [0, -1, 2.5, "2", None])
def test_what_is_not_a_number_of_processes_is_refused(tiny_model, workers):
    with pytest.raises(EncodeError, match=r"is not a number of processes.* at least 1"):
        embed(TEXTS, tiny_model, workers=workers)


def test_copies_that_do_not_fit_in_memory_are_refused(tiny_model, memory_of):
    memory_of(110)
    with pytest.raises(NotEnoughMemoryError, match=r"in 2 processes needs about 14\d MB") as caught:
        embed(TEXTS, tiny_model, workers=2)
    assert "fewer processes" in caught.value.fix
    assert not encoding()
    assert vector_cache().path.exists()
    assert embed(TEXTS, tiny_model).report.encoded == len(TEXTS)


def test_a_process_that_cannot_open_the_model_says_so(tiny_model, monkeypatch):
    monkeypatch.setattr(several_processes, "_MODULE", "tests.jobs.echo_worker")
    with pytest.raises(EncodeError, match="encoding failed") as caught:
        embed(TEXTS, tiny_model, workers=2)
    assert caught.value.where == tiny_model.name


def test_texts_are_counted_in_parts_that_are_not_too_long():
    parts = list(several_processes._chunks(["a"] * 2_050 + ["b" * 600_000] * 2 + ["c" * 2_000_000, "d"]))
    assert [len(part) for part in parts] == [1_024, 1_024, 3, 1, 1, 1]
    assert list(several_processes._chunks(["a"])) == [["a"]]


@pytest.mark.parametrize(
    ("host", "device", "choices"),
    [
        ("auto", "cpu", [1, 2, 4, 6]),
        ("1", "cpu", [1]),
        ("2", "cpu", [1, 2]),
        ("100", "cpu", [1, 2, 4, 6]),
        ("auto", "cuda", [1]),
    ],
)
def test_visitors_choose_up_to_the_cores_and_what_the_host_allows(monkeypatch, host, device, choices):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(6)))
    monkeypatch.setattr("explorer.tensor.pick_device", lambda _name: SimpleNamespace(type=device))
    monkeypatch.setenv("EXPLORER_WORKERS", host)
    settings.cache_clear()
    assert several_processes.worker_choices() == choices


def test_on_a_gpu_one_process_uses_all_of_them(tiny_model, monkeypatch):
    engine = SimpleNamespace(kind="torch")
    monkeypatch.setattr("explorer.encode.engines.loaded_models.load", lambda *_args: engine)
    files = find_model(str(tiny_model))
    encoder = local_encoder(LocalModel(str(tiny_model)), files, SimpleNamespace(type="cuda"), None)
    with encoder.engine_for_rows(4, lambda _why: None) as found:
        assert found is engine


def test_where_several_processes_cannot_be_used_a_note_says_so(tiny_model, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0})
    report = embed(TEXTS[:20], tiny_model, workers=4).report
    assert report.engine == "OpenVINO float32 on cpu"
    assert report.notes == (
        "4 processes were asked for; 1 was used, as they need a CPU with more than one core.",
    )
    assert embed(TEXTS[:20], tiny_model, workers=4).report.notes == ()


@pytest.mark.slow
def test_a_model_that_torch_runs_is_the_same_in_processes(tmp_path, tiny_model, another_cache):
    folder = static_model(tmp_path / "static", tiny_model)
    several = embed(TEXTS[:50], folder, workers=2)
    assert several.report.engine == "torch float32 on cpu, 2 processes"
    another_cache()
    np.testing.assert_array_equal(several.vectors, embed(TEXTS[:50], folder).vectors)


def static_model(folder, tiny_model):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tiny_model / "tokenizer.json"))
    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=12)], device="cpu")
    model.save(str(folder))
    return folder
