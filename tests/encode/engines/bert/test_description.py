"""Models that are almost of the family are noticed, and left to torch."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from explorer.encode.engines import convert
from explorer.encode.engines.bert.description import NotOfFamilyError, describe
from explorer.encode.engines.bert.weights import WeightsError, read_weights
from explorer.encode.engines.graph_outcomes import NoGraphError
from explorer.encode.models import find_model
from tests.encode.engines.bert.tiny_family import (
    LENGTH,
    WIDTH,
    add_dense,
    add_module,
    edit,
    edit_weights,
    save,
)

QUERY = "encoder.layer.1.attention.self.query.weight"


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return save(tmp_path_factory.mktemp("family") / "bert", "bert")


@pytest.fixture
def model(bert, tmp_path):
    """A model of the family that the test may change."""
    return shutil.copytree(bert, tmp_path / "model")


def config(**changes):
    return lambda folder: edit(folder / "config.json", **changes)


def without(key):
    def change(folder):
        path = folder / "config.json"
        table = json.loads(path.read_text())
        del table[key]
        path.write_text(json.dumps(table))

    return change


def pooling(**changes):
    return lambda folder: edit(folder / "1_Pooling" / "config.json", **changes)


def settings(**changes):
    return lambda folder: edit(folder / "sentence_bert_config.json", **changes)


def weights(change):
    return lambda folder: edit_weights(folder, change)


def dense(activation="activation.Tanh", **changes):
    def change(folder):
        add_dense(folder, "2_Dense", (WIDTH, 4), activation)
        edit(folder / "2_Dense" / "config.json", **changes)

    return change


def normalize(**settings):
    return lambda folder: add_module(folder, "Normalize", "2_Normalize", **settings)


def sharded(folder):
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    shards = {"weight_map": {QUERY: "model-00001-of-00001.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(shards))


def unlisted(folder):
    (folder / "modules.json").unlink()


def pooled_twice(folder):
    add_module(folder, "Pooling", "2_Pooling", embedding_dimension=WIDTH)


def cut_short(folder):
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[:-4])


def wider(weights):
    weights[QUERY] = weights[QUERY].new_zeros(WIDTH, WIDTH + 1)


def whole_numbers(weights):
    weights[QUERY] = weights[QUERY].char()


CASES = {
    "other architecture": (config(model_type="electra"), "architecture is electra"),
    "no architecture": (without("model_type"), "architecture is None"),
    "other activation": (config(hidden_act="gelu_new"), "activation is gelu_new"),
    "relative positions": (config(position_embedding_type="relative_key"), "position_embedding_type"),
    "decoder": (config(is_decoder=True), "is_decoder"),
    "cross-attention": (config(add_cross_attention=True), "add_cross_attention"),
    "encoder and decoder": (config(is_encoder_decoder=True), "is_encoder_decoder"),
    "quantised": (config(quantization_config={"quant_method": "bitsandbytes"}), "quantization_config"),
    "pruned heads": (config(pruned_heads={"0": [1]}), "pruned_heads"),
    "own code": (config(auto_map={"AutoModel": "own.Model"}), "auto_map"),
    "adapter": (lambda folder: edit(folder / "adapter_config.json", peft_type="LORA"), "an adapter"),
    "heads that do not fit": (config(num_attention_heads=5), "heads do not divide"),
    "no layers": (without("num_hidden_layers"), "no num_hidden_layers"),
    "a size that is no number": (config(hidden_size="24"), "no hidden_size"),
    "no token for padding": (config(pad_token_id=None), "no token for padding"),
    "padding out of the vocabulary": (config(pad_token_id=40), "no token for padding"),
    "odd epsilon": (config(layer_norm_eps="small"), "layer_norm_eps"),
    "more layers than weights": (config(num_hidden_layers=3), "encoder.layer.2.* are missing"),
    "fewer layers than weights": (config(num_hidden_layers=1), "other weights too: encoder.layer.1"),
    "shared weights": (weights(lambda found: found.pop(QUERY)), "query.weight are missing"),
    "relative weights": (
        weights(lambda found: found.update({"encoder.distance_embedding.weight": found[QUERY].clone()})),
        "other weights too: encoder.distance",
    ),
    "weights of a larger model": (
        weights(lambda found: found.update({f"bert.{name}": found.pop(name) for name in list(found)})),
        "missing",
    ),
    "weights of another shape": (weights(wider), "have the shape"),
    "weights in whole numbers": (weights(whole_numbers), "stored as I8"),
    "weights in several files": (sharded, "not in one model.safetensors"),
    "weights cut short": (cut_short, "damaged"),
    "no positions for its length": (settings(max_seq_length=LENGTH + 7), "fewer positions"),
    "lower case before its tokenizer": (settings(do_lower_case=True), "do_lower_case"),
    "other task": (settings(transformer_task="fill-mask"), "transformer_task"),
    "other output": (settings(module_output_name="sentence_embedding"), "module_output_name"),
    "unknown setting of the transformer": (settings(query_expansion={"length": 32}), "query_expansion"),
    "other pooling": (pooling(pooling_mode="weightedmean"), "pooling is weightedmean"),
    "two poolings at once": (pooling(pooling_mode=["mean", "max"]), r"pooling is mean\+max"),
    "unknown setting of pooling": (pooling(temperature=2), "temperature"),
    "pooling of other dimensions": (pooling(embedding_dimension=8), "other dimensions"),
    "two pooling modules": (pooled_twice, "modules are Transformer, Pooling, Pooling"),
    "modules that are not listed": (unlisted, "not listed"),
    "other activation of a Dense module": (dense("activation.GELU"), "GELU"),
    "residual Dense module": (dense(use_residual=True), "use_residual"),
    "Dense module for tokens": (dense(module_input_name="token_embeddings"), "module_input_name"),
    "Dense module of other dimensions": (dense(in_features=8), "Dense"),
    "Dense module with weights missing": (dense(out_features=5), "have the shape"),
    "unknown setting of a Dense module": (dense(rank=4), "rank"),
    "normalising tokens": (normalize(module_input_name="token_embeddings"), "module_input_name"),
    "unknown setting of normalising": (normalize(order=1), "order"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_quite_of_the_family_is_noticed(case, model):
    assert describe(find_model(str(model))).dims == WIDTH
    change, reason = CASES[case]
    change(model)
    with pytest.raises(NotOfFamilyError, match=reason):
        describe(find_model(str(model)))


def test_roberta_needs_a_position_more_for_its_padding_token(tmp_path):
    roberta = save(tmp_path / "roberta", "roberta")
    longest = LENGTH + 6 - 3 - 1
    edit(roberta / "sentence_bert_config.json", max_seq_length=longest)
    assert describe(find_model(str(roberta))).padding_id == 3
    edit(roberta / "sentence_bert_config.json", max_seq_length=longest + 1)
    with pytest.raises(NotOfFamilyError, match="fewer positions"):
        describe(find_model(str(roberta)))


def test_what_no_graph_can_run_is_refused_as_before(model):
    add_module(model, "LayerNorm", "2_LayerNorm")
    with pytest.raises(NoGraphError, match="a LayerNorm module"):
        describe(find_model(str(model)))


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    ["other activation", "other pooling", "two poolings at once", "other activation of a Dense module"],
)
def test_a_near_relative_is_traced_from_torch(case, model, tmp_path):
    CASES[case][0](model)
    target = tmp_path / "graph"
    target.mkdir()
    about = convert.convert(find_model(str(model)), target)
    assert (about.built, about.refused) == (False, "")


@pytest.mark.parametrize("mapped", [True, False])
def test_weights_are_those_that_safetensors_reads(mapped, model):
    from safetensors.numpy import load_file

    path = model / "model.safetensors"
    expected, given = load_file(path), read_weights(path, mapped=mapped)
    assert set(given) == set(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(given[name], values)


@pytest.mark.parametrize(
    "header",
    [
        "{",
        '{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}',
        '{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}',
        '{"a": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}}',
        '{"a": {"dtype": "F32", "shape": [1], "data_offsets": [4]}}',
        '{"a": {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}}',
        '{"a": 1}',
    ],
)
def test_damaged_weights_are_refused(header, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header.encode() + bytes(8))
    with pytest.raises(WeightsError):
        read_weights(path, mapped=True)
