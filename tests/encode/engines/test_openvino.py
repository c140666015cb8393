import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

import explorer
from explorer.encode.engines import convert, graph_outcomes, graphs, loaded_models, loading, openvino
from explorer.encode.engines.own_code import own_lengths
from explorer.encode.engines.torch_engine import TorchEngine
from explorer.encode.models import BUNDLED_MODEL, ModelFiles, find_model
from explorer.encode.run import encode_corpus
from explorer.encode.spec import LocalModel
from explorer.encode.tokens import TextTokens
from explorer.scratch import scratch_folder
from tests.conftest import ROOT
from tests.encode.opening import open_for
from tests.sentence_transformer import sentence_transformer

pytestmark = pytest.mark.usefixtures("nothing_loaded")
CPU = torch.device("cpu")
TEXTS = ["cat", "the cat sat on a mat", "my order is late, please help", "refund", "Ünïcødé 日本語 🎉"]


def words(*counts):
    return [" ".join(["the", "refund", "Working!"][n % 3] for n in range(count)) for count in counts]


@pytest.fixture(scope="module")
def traced_model(tiny_model, tmp_path_factory):
    """A model that is not of the BERT family, as it pools in another way; do not write into it."""
    folder = shutil.copytree(tiny_model, tmp_path_factory.mktemp("models") / "traced")
    pooling = folder / "1_Pooling" / "config.json"
    pooling.write_text(pooling.read_text().replace("mean", "mean_sqrt_len_tokens"))
    return folder


def copy_into(made, folder):
    shutil.copytree(folder, made, dirs_exist_ok=True)
    return ""


@pytest.fixture(scope="module")
def traced_graph(traced_model, tmp_path_factory):
    """The folder of its graph."""
    target = tmp_path_factory.mktemp("graphs") / "traced"
    target.mkdir()
    convert.convert(find_model(str(traced_model)), target)
    return target


def save_with_more(model, folder, **more):
    """Write a model with more modules of sentence-transformers, each with its arguments."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules

    parts = [getattr(modules, name)(*arguments) for name, arguments in more.items()]
    SentenceTransformer(modules=[*sentence_transformer(model), *parts], device="cpu").save(str(folder))
    return folder


def torch_vectors(folder, texts):
    return sentence_transformer(folder).encode(texts)


def embedded(model, cache, texts=TEXTS):
    encoder = open_for(LocalModel(str(model), "float32", prompt=""), cache)
    return encode_corpus(encoder, explorer.open_corpus(texts), cache)


@pytest.mark.slow
@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("model", ["bundled", "tiny", "traced", "with dense and normalise"])
def test_vectors_are_torchs_at_every_length_in_every_company(model, tiny_model, traced_model, tmp_path):
    name = {"bundled": BUNDLED_MODEL, "tiny": str(tiny_model), "traced": str(traced_model)}.get(model)
    if name is None:
        name = str(save_with_more(tiny_model, tmp_path / "more", Dense=(16, 5), Normalize=()))
    files = find_model(name)
    ours = loaded_models.load(files, CPU, "float32")
    assert (ours.kind, ours.notes) == ("openvino", ())
    texts = words(1, 2, 3, 5, 8, 9, 17, 31, 64, 100, 254, 255, 600)
    expected = torch_vectors(files.folder, texts)
    assert ours.dims == expected.shape[1]
    tokens = ours.tokenize(texts)
    assert tokens.lengths.max() == files.max_length
    everyone = np.arange(len(texts))
    tolerance = 2e-6 * np.abs(expected).max()
    for group in ([[n] for n in everyone], [everyone], [everyone[::-1]], np.array_split(everyone, 4)):
        for batch in group:
            given = ours.start(tokens.batch(np.array(batch)))()
            assert given.dtype == np.float32
            np.testing.assert_allclose(given, expected[batch], atol=tolerance)


@pytest.mark.slow
def test_the_same_batch_gives_the_same_bits(tiny_model):
    ours = loaded_models.load(find_model(BUNDLED_MODEL), CPU, "float32")
    texts = words(*range(1, 60))
    tokens = ours.tokenize(texts)
    batches = [np.arange(0, 30), np.arange(30, 59)]
    first = [ours.start(tokens.batch(batch))() for batch in batches]
    other = ours.tokenize(texts[30:])
    np.testing.assert_array_equal(ours.start(other.batch(np.arange(29)))(), first[1])
    np.testing.assert_array_equal(ours.start(tokens.batch(batches[0]))(), first[0])


@pytest.mark.skipif(not openvino.has_bfloat16(), reason="this processor has no bfloat16")
def test_the_short_type_keeps_close_to_the_exact_vectors():
    files = find_model(BUNDLED_MODEL)
    given = []
    for dtype in ("bfloat16", "float32"):
        ours = loaded_models.load(files, CPU, dtype)
        assert ours.name == f"OpenVINO {dtype} on cpu"
        given.append(ours.start(ours.tokenize(TEXTS).batch(np.arange(len(TEXTS))))().astype(np.float64))
    cosines = (given[0] * given[1]).sum(1) / np.prod(np.linalg.norm(given, axis=2), axis=0)
    assert 0.9998 < cosines.min() < 1  # how close differs between processors; `precision` checks before use


@pytest.mark.slow
def test_a_model_of_other_parts_is_run_by_torch_and_the_person_is_told(tiny_model, tmp_path, cache, here):
    other = save_with_more(tiny_model, tmp_path / "other", LayerNorm=(16,))
    vectors, report = embedded(other, cache)
    np.testing.assert_allclose(vectors, torch_vectors(other, TEXTS), atol=1e-6)
    assert report.engine == "torch float32 on cpu"
    assert report.notes == (
        "OpenVINO, which is faster here, was not used: a LayerNorm module cannot be converted.",
    )
    assert here == []


@pytest.mark.slow
@pytest.mark.parametrize("how", ["not converted", "other vectors", "other tokenizer"])
def test_a_model_that_cannot_be_converted_is_run_by_torch_and_not_tried_again(
    how, traced_model, cache, own_graphs, here, monkeypatch
):
    def fail(*_args, **_kwargs):
        raise TypeError("no such operation\nand a long trace")

    if how == "not converted":
        monkeypatch.setattr(convert.library(), "convert_model", fail)
    elif how == "other vectors":
        monkeypatch.setattr(graph_outcomes, "MAX_APART", -1.0)
    else:
        monkeypatch.setattr(convert, "fast_tokenizer", lambda *_args: None)
    vectors, report = embedded(traced_model, cache)
    np.testing.assert_allclose(vectors, torch_vectors(traced_model, TEXTS), atol=1e-6)
    assert report.engine.startswith("torch")
    reasons = {
        "not converted": "(no such operation)",
        "other vectors": "from torch's",
        "other tokenizer": "fast",
    }
    assert reasons[how] in report.notes[0]
    loaded_models.loaded().clear()
    assert loaded_models.load(find_model(str(traced_model)), CPU, "float32").notes == report.notes
    assert here == ["traced"]


@pytest.mark.slow
def test_a_conversion_that_breaks_off_is_run_by_torch_this_time_and_tried_again(
    tiny_model, cache, own_graphs, converter_process, monkeypatch
):
    monkeypatch.setattr(graphs, "run_converter", converter_process)
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", shutil.which("false"))
        _, report = embedded(tiny_model, cache)
    assert report.engine.startswith("torch")
    assert "converting the model failed (exit status 1)" in report.notes[0]
    assert list(own_graphs.iterdir()) == []
    loaded_models.loaded().clear()
    assert loaded_models.load(find_model(str(tiny_model)), CPU, "float32").kind == "openvino"


def test_without_openvino_torch_is_used_and_the_person_is_told(tiny_model, cache, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    vectors, report = embedded(tiny_model, cache)
    np.testing.assert_allclose(vectors, torch_vectors(tiny_model, TEXTS), atol=1e-6)
    assert report.engine == "torch float32 on cpu"
    assert "not installed" in report.notes[0]
    files = find_model(str(tiny_model))
    assert loaded_models.fast_dtype(files, CPU) == str(loaded_models.devices.fast_dtype(CPU)).removeprefix(
        "torch."
    )


def test_without_bfloat16_instructions_the_type_is_float32(tiny_model, monkeypatch):
    files = find_model(str(tiny_model))
    monkeypatch.setattr(openvino, "has_bfloat16", lambda: True)
    assert loaded_models.fast_dtype(files, CPU) == "bfloat16"
    monkeypatch.setattr(openvino, "has_bfloat16", lambda: False)
    assert loaded_models.fast_dtype(files, CPU) == "float32"


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["cut short", "one bit", "missing file", "no description", "no JSON"])
def test_a_damaged_graph_is_made_again(damage, traced_model, traced_graph, own_graphs, here, monkeypatch):
    files = find_model(str(traced_model))
    with monkeypatch.context() as once:
        once.setattr(graphs, "run_converter", lambda _files, made: copy_into(made, traced_graph))
        graphs.graph_for(files)
    whole = loaded_models.load(files, CPU, "float32")
    batch = whole.tokenize(TEXTS).batch(np.arange(len(TEXTS)))
    expected = whole.start(batch)()
    loaded_models.loaded().clear()
    del whole
    folder, _ = graphs.graph_for(files)
    assert here == []
    weights = folder / "graph.bin"
    content = bytearray(weights.read_bytes())
    if damage == "cut short":
        weights.write_bytes(content[:100])
    elif damage == "one bit":
        content[len(content) // 2] ^= 64
        weights.write_bytes(content)
    elif damage == "missing file":
        (folder / "graph.xml").unlink()
    elif damage == "no description":
        (folder / "about.json").unlink()
    else:
        (folder / "about.json").write_text("{")
    again = loaded_models.load(files, CPU, "float32")
    assert here == ["traced"]
    assert again.kind == "openvino"
    np.testing.assert_array_equal(again.start(batch)(), expected)


@pytest.mark.slow
def test_a_graph_is_converted_once_and_its_description_says_how_close_it_is(traced_model, own_graphs, here):
    files = find_model(str(traced_model))
    for dtype in ("float32", "float32"):
        loaded_models.load(files, CPU, dtype)
        loaded_models.loaded().clear()
    assert here == ["traced"]
    (folder,) = own_graphs.iterdir()
    about = json.loads((folder / "about.json").read_text())
    assert 0 < about["apart"] < 1e-5
    assert about["dims"] == 16


@pytest.mark.slow
def test_graphs_opened_longest_ago_go_and_outcomes_stay(
    tiny_model, traced_model, own_graphs, here, monkeypatch
):
    monkeypatch.setattr(graphs, "_KEEP", 4)
    now = time.time()
    for name, age in ((f"old{n}", 100 + n) for n in range(6)):
        (own_graphs / name).mkdir()
        (own_graphs / name / "graph.xml").touch()
        os.utime(own_graphs / name, (now - age, now - age))
    with scratch_folder(own_graphs) as written_by_another:
        outcome, _ = graphs.graph_for(find_model(str(tiny_model)))
        os.utime(outcome, (now - 999, now - 999))
        graph, _ = graphs.graph_for(find_model(str(traced_model)))
        left = {path.name for path in own_graphs.iterdir()}
        assert left == {"old0", "old1", "old2", graph.name, outcome.name, written_by_another.name}


@pytest.mark.slow
def test_unfinished_graphs_go_when_a_finished_one_is_opened(tiny_model, own_graphs, here):
    files = find_model(str(tiny_model))
    folder, _ = graphs.graph_for(files)
    (own_graphs / "new-dead").mkdir()
    graphs.graph_for(files)
    assert list(own_graphs.iterdir()) == [folder]


@pytest.mark.slow
@pytest.mark.parametrize("start", ["first, of the bundled model", "second, of any"])
def test_a_start_needs_neither_torchs_models_nor_statistics_of_openvino(
    start, tiny_model, prepared, tmp_path
):
    if start == "second, of any":
        loaded_models.load(find_model(str(tiny_model)), CPU, "float32")
        name, folder = str(tiny_model), prepared.graphs()
    else:
        name, folder = BUNDLED_MODEL, tmp_path / "no graphs yet"
    script = f"""
import sys
from pathlib import Path
from explorer.encode.engines import graphs, loaded_models
from explorer.encode.models import find_model
import torch
graphs.graphs_folder = lambda: Path({str(folder)!r})
loaded = loaded_models.load(find_model({name!r}), torch.device("cpu"), "float32")
assert loaded.kind == "openvino", loaded.notes
loaded.start(loaded.tokenize(["the cat"]).batch([0]))()
print({{"transformers", "sentence_transformers"}} & set(sys.modules))
print(sys.modules["openvino_telemetry"], "openvino.tools.ovc.telemetry_stub" in sys.modules)
"""
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.split("\n")[:2] == ["set()", "None True"]


def test_a_fast_tokenizer_that_differs_from_the_models_own_code_is_not_used(tiny_model, tmp_path):
    other = shutil.copytree(tiny_model, tmp_path / "other")
    model = sentence_transformer(other)
    files = find_model(str(other))
    assert loading.fast_tokenizer(files, model) is not None
    preprocess = model.preprocess

    def changed(texts):
        return preprocess([text.replace("short", "cat") for text in texts])

    model.preprocess = changed
    assert loading.fast_tokenizer(files, model) is None
    (other / "tokenizer.json").unlink()
    assert loading.fast_tokenizer(find_model(str(other)), model) is None


def test_batches_of_the_models_own_code_and_of_the_fast_tokenizer_give_the_same_vectors(tiny_model):
    files = find_model(str(tiny_model))
    torchs = TorchEngine(files, CPU, torch.float32)
    rows = np.arange(len(TEXTS))
    fast = torchs.tokenize(TEXTS)
    lengths = own_lengths(torchs._model.preprocess, TEXTS)
    own = TextTokens(TEXTS, lengths, torchs._model.preprocess)
    assert fast.lengths.tolist() == own.lengths.tolist()
    np.testing.assert_array_equal(torchs.start(fast.batch(rows))(), torchs.start(own.batch(rows))())


@pytest.mark.slow
def test_models_are_converted_one_at_a_time(tiny_model, own_graphs, monkeypatch):
    together = threading.Barrier(2)

    def run(_files, _made):
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(0.5)
            return "two at once"
        return "alone"

    monkeypatch.setattr(graphs, "run_converter", run)

    def words(revision):
        with pytest.raises(graphs.NoGraphError) as refused:
            graphs.graph_for(ModelFiles("m", tiny_model, revision, "folder"))
        return str(refused.value)

    with ThreadPoolExecutor(2) as threads:
        lines = list(threads.map(words, "ab"))
    assert all("(alone)" in one for one in lines)
