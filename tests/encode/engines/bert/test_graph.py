"""Graphs of the BERT family give torch's vectors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.encode.engines import convert, graphs, loaded_models
from explorer.encode.engines.bert import reference
from explorer.encode.engines.bert.description import describe
from explorer.encode.engines.bert.graph import INPUTS, relative_buckets
from explorer.encode.engines.graph_outcomes import About
from explorer.encode.engines.openvino import OpenVINOEngine
from explorer.encode.models import BUNDLED_MODEL, find_model
from tests.encode.engines.bert.tiny_family import LENGTH, WIDTH, add_dense, add_module, edit, save
from tests.encode.engines.reference_vectors import torch_vectors
from tests.sentence_transformer import sentence_transformer

KINDS = ["bert", "roberta", "xlm-roberta", "camembert", "mpnet", "distilbert"]


def letters(count, seed=0):
    return "".join(np.random.default_rng([count, seed]).choice(list("abcdefghijklmnopqrstuvwxyz"), count))


# Nothing, one token, as many as are read, more, and texts with the tokens that positions skip.
TEXTS = ["", "a", *map(letters, (2, 7, 13, LENGTH - 2, LENGTH + 9)), "ab<pad>cd", "e<mask>f", "é", "bb"]


def engine(folder, dtype="float32"):
    files = find_model(str(folder))
    model = describe(files)
    about = About(built=True, dims=model.dims, inputs=INPUTS, pad_id=model.pad_id)
    return OpenVINOEngine(files, (folder, about), dtype)


def assert_torchs_vectors(folder, tolerance=1e-5):
    expected = sentence_transformer(folder).float().encode(TEXTS, batch_size=1)
    ours = engine(folder)
    assert ours.dims == expected.shape[1]
    tokens = ours.tokenize(TEXTS)
    order = np.random.default_rng(0).permutation(len(TEXTS))
    for batch in ([np.array([row]) for row in range(len(TEXTS))], np.array_split(order, 3), [order]):
        for rows in batch:
            given = ours.start(tokens.batch(rows))()
            assert given.dtype == np.float32
            np.testing.assert_allclose(given, expected[rows], atol=tolerance * np.abs(expected).max())


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_architecture_at_every_length_in_every_company(kind, tmp_path):
    assert_torchs_vectors(save(tmp_path / "model", kind))


@pytest.mark.slow
@pytest.mark.parametrize("pooling", ["cls", "max"])
def test_other_poolings(pooling, tmp_path):
    assert_torchs_vectors(save(tmp_path / "model", "bert", pooling=pooling))


@pytest.mark.slow
def test_modules_after_pooling_and_a_truncation(tmp_path):
    folder = save(tmp_path / "model", "bert")
    add_dense(folder, "2_Dense", (WIDTH, 10), "activation.Tanh")
    add_module(folder, "Normalize", "3_Normalize")
    add_dense(folder, "4_Dense", (10, 8), "linear.Identity", bias=False)
    add_module(folder, "Normalize", "5_Normalize")
    assert_torchs_vectors(folder)
    edit(folder / "config_sentence_transformers.json", truncate_dim=5)
    assert engine(folder).dims == 5
    assert_torchs_vectors(folder)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=["float16", "bfloat16"])
def test_weights_that_are_stored_in_fewer_bits(dtype, tmp_path):
    assert_torchs_vectors(save(tmp_path / "model", "bert", dtype=dtype))


@pytest.mark.slow
def test_a_transformer_in_a_folder_of_its_own_with_its_own_length(tmp_path):
    folder = tmp_path / "model"
    save(folder / "0_Transformer", "bert")
    (folder / "0_Transformer" / "modules.json").unlink()
    add_module(folder, "Transformer", "")
    edit(folder / "0_Transformer" / "sentence_bert_config.json", max_seq_length=9, do_lower_case=False)
    modules = folder / "modules.json"
    modules.write_text(modules.read_text().replace('"path": ""', '"path": "0_Transformer"'))
    (folder / "0_Transformer" / "1_Pooling").rename(folder / "1_Pooling")
    add_pooling = modules.read_text().rstrip("]") + (
        ', {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]'
    )
    modules.write_text(add_pooling)
    assert engine(folder).tokenize(TEXTS).lengths.max() == 9
    assert_torchs_vectors(folder)


def test_distances_have_the_biases_that_mpnet_gives_them():
    from transformers.models.mpnet.modeling_mpnet import MPNetEncoder

    apart = np.arange(-3000, 3001)
    expected = MPNetEncoder.relative_position_bucket(torch.from_numpy(apart), num_buckets=32)
    np.testing.assert_array_equal(relative_buckets(apart), expected.numpy())


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_check_against_torch_lets_a_graph_be_built_and_nothing_else_is_kept(kind, tmp_path):
    folder, target = save(tmp_path / "model", kind), tmp_path / "graph"
    target.mkdir()
    about = convert.convert(find_model(str(folder)), target)
    assert about.built, about.refused
    assert 0 < about.apart < 1e-5
    assert [path.name for path in target.iterdir()] == ["about.json"]


@pytest.mark.slow
def test_a_graph_that_differs_from_torch_is_not_used(tmp_path, monkeypatch):
    """What the description does not notice, the check does; the model is then traced."""
    folder, target = save(tmp_path / "model", "bert"), tmp_path / "graph"
    target.mkdir()
    monkeypatch.setattr(convert, "describe", lambda files: replace(describe(files), heads=2))
    about = convert.convert(find_model(str(folder)), target)
    assert (about.built, about.refused) == (False, "")
    assert (target / graphs.GRAPH).exists()


@pytest.mark.slow
def test_the_reference_vectors_are_torchs():
    with np.load(reference.REFERENCE) as kept:
        assert str(kept["revision"]) == find_model(BUNDLED_MODEL).revision
        np.testing.assert_allclose(kept["vectors"], torch_vectors(), atol=1e-6)


@pytest.mark.slow
def test_the_bundled_model_needs_no_torch_to_be_checked(own_graphs, nothing_loaded, monkeypatch):
    monkeypatch.setattr(graphs, "run_converter", None)
    files = find_model(BUNDLED_MODEL)
    ours = loaded_models.load(files, torch.device("cpu"), "float32")
    assert (ours.kind, ours.notes, ours.dims) == ("openvino", (), 384)
    _, about = graphs.graph_for(files)
    assert about.built
    assert 0 < about.apart < 1e-5


@pytest.mark.slow
def test_a_graph_that_differs_from_the_reference_vectors_is_left_to_torch(monkeypatch):
    files = find_model(BUNDLED_MODEL)
    assert reference.check_with_reference(files) is not None
    monkeypatch.setattr(reference, "describe", lambda files: replace(describe(files), heads=6))
    assert reference.check_with_reference(files) is None
    assert reference.check_with_reference(replace(files, revision="another")) is None


def test_a_run_that_ends_disturbs_no_other(tmp_path):
    ours = engine(save(tmp_path / "model", "bert"))
    batch = ours.tokenize(TEXTS).batch(np.arange(len(TEXTS)))
    alone = ours.start(batch)()
    with ours.run() as first:
        with ours.run() as second:
            collected = [first.start(batch), second.start(batch)]
        collected.append(first.start(batch))
    collected.append(ours.start(batch))
    assert all(np.array_equal(vectors(), alone) for vectors in collected)
