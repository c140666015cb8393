import pytest

from explorer.hub.model_modules import own_facts
from explorer.hub.safetensors_header import TensorHeader, read_header, weights_size

ST = "sentence_transformers.models."


def facts(files, tensors=None):
    return own_facts(files.get, lambda path: (tensors or {}).get(path, {}))


def modules(*parts):
    return [{"idx": n, "path": path, "type": ST + kind} for n, (path, kind) in enumerate(parts)]


BERT = {"hidden_size": 384, "vocab_size": 1000, "max_position_embeddings": 512}
TRANSFORMER = modules(("", "Transformer"), ("1_Pooling", "Pooling"))


@pytest.mark.parametrize(
    ("pooling", "dims", "name"),
    [
        ({"word_embedding_dimension": 384, "pooling_mode_mean_tokens": True}, 384, "mean"),
        ({"embedding_dimension": 384, "pooling_mode": "cls"}, 384, "cls"),
        ({"embedding_dimension": 384, "pooling_mode": ["mean", "max"]}, 768, "mean+max"),
        (
            {
                "word_embedding_dimension": 384,
                "pooling_mode_cls_token": True,
                "pooling_mode_mean_sqrt_len_tokens": True,
                "pooling_mode_lasttoken": True,
            },
            3 * 384,
            "cls+mean_sqrt_len_tokens+lasttoken",
        ),
        ({"word_embedding_dimension": 384}, 384, "mean"),
        ({}, 384, None),
    ],
)
def test_dimensions_follow_the_poolings(pooling, dims, name):
    said = facts({"modules.json": TRANSFORMER, "config.json": BERT, "1_Pooling/config.json": pooling})
    assert (said.dims, said.pooling) == (dims, name)
    assert said.table_parameters == 384_000


def test_a_dense_layer_and_a_cut_chosen_by_the_authors_decide_the_dimensions():
    files = {
        "modules.json": [*TRANSFORMER, *modules(("2_Dense", "Dense"))],
        "config.json": BERT,
        "1_Pooling/config.json": {"embedding_dimension": 384, "pooling_mode": "mean"},
        "2_Dense/config.json": {"in_features": 384, "out_features": 256},
    }
    assert facts(files).dims == 256
    cut = facts({**files, "config_sentence_transformers.json": {"truncate_dim": 64}})
    assert (cut.dims, cut.truncated_to) == (64, 64)
    wider = facts({**files, "config_sentence_transformers.json": {"truncate_dim": 999}})
    assert wider.dims == 256


@pytest.mark.parametrize(
    ("config", "settings", "dims"),
    [
        ({"text_config": {"hidden_size": 640, "vocab_size": 10}}, {}, 640),
        ({"projection_dim": 512, "text_config": {"hidden_size": 640}}, {}, 640),
        (
            {"projection_dim": 512, "text_config": {"hidden_size": 640}},
            {"module_output_name": "sentence_embedding"},
            512,
        ),
        ({"hidden_size": 0}, {}, None),
    ],
)
def test_a_model_of_texts_and_pictures_has_its_sizes_in_text_config(config, settings, dims):
    files = {"modules.json": modules(("", "Transformer")), "config.json": config}
    assert facts({**files, "sentence_bert_config.json": settings}).dims == dims


@pytest.mark.parametrize(
    ("files", "length"),
    [
        ({"config.json": {"max_position_embeddings": 512}}, 512),
        ({"config.json": BERT, "tokenizer_config.json": {"model_max_length": 128}}, 128),
        ({"config.json": BERT, "tokenizer_config.json": {"model_max_length": 10**30}}, 512),
        ({"config.json": {"max_position_embeddings": -1}, "tokenizer_config.json": {}}, None),
        ({"config.json": BERT, "sentence_bert_config.json": {"max_seq_length": 256}}, 256),
        ({"config.json": BERT, "sentence_roberta_config.json": {"max_seq_length": 100}}, 100),
        (
            {"config.json": BERT, "sentence_bert_config.json": {"tokenizer_args": {"model_max_length": 64}}},
            64,
        ),
    ],
)
def test_the_length_is_what_sentence_transformers_makes_of_the_files(files, length):
    assert facts(files).max_length == length


def test_a_quantised_static_model_has_the_dimensions_of_its_table():
    files = {"modules.json": modules((".", "StaticEmbedding"), ("1_Normalize", "Normalize"))}
    files |= {"config.json": {"hidden_dim": 999}, "tokenizer_config.json": {"model_max_length": 512}}
    table = {"embeddings": TensorHeader("I8", (700, 256)), "mapping": TensorHeader("I32", (30_000,))}
    said = facts(files, {"model.safetensors": table})
    assert (said.is_static, said.dims, said.max_length) == (True, 256, None)
    assert said.table_parameters == 700 * 256
    assert facts(files).dims is None


def test_similarity_and_matryoshka_are_read_where_they_are_stated():
    for name in ("dot", "euclidean", "manhattan"):
        assert facts({"config_sentence_transformers.json": {"similarity_fn_name": name}}).similarity == name
    for name in (None, "maxsim", ["dot"], 3):
        assert facts({"config_sentence_transformers.json": {"similarity_fn_name": name}}).similarity is None
    sizes = facts({"config.json": {"matryoshka_dimensions": [64, 256, "x", True, 128, -1]}})
    assert sizes.matryoshka == (256, 128, 64)


@pytest.mark.parametrize("path", ["..", "../../etc", "/etc", "a/../../b", "..\\\\etc", "C:/etc"])
def test_a_module_outside_the_model_is_not_looked_at(path):
    asked = []

    def read(name):
        asked.append(name)
        return modules((path, "Transformer"), (path, "Pooling")) if name == "modules.json" else None

    own_facts(read, lambda name: asked.append(name) or {})
    assert not [name for name in asked if ".." in name or name.startswith(("/", "C:"))]


@pytest.mark.parametrize(
    ("counts", "size"),
    [
        ({"BOOL": 3, "U8": 1, "I8": 1}, 5),
        ({"U16": 1, "U32": 1, "U64": 1, "C64": 1}, 22),
        ({"F8_E4M3": 2, "F8_E5M2": 2, "F8_E8M0": 2, "F4": 4}, 8),
        ({"F6_E2M3": 4}, 3),
        ({"F32": 1, "X9": 1}, None),
        ({"F32": "many"}, None),
        ({}, None),
    ],
)
def test_every_type_of_safetensors_has_its_size(counts, size):
    assert weights_size(counts) == size


def test_every_type_that_safetensors_knows_has_a_size():
    from safetensors.torch import _TYPES

    assert all(weights_size({kind: 16}) for kind in _TYPES)


def test_a_damaged_header_has_no_tensors():
    content = (20).to_bytes(8, "little") + b"not json at all, no."
    assert read_header(lambda start, end: content[start:end]) == {}
    assert read_header(lambda start, end: b"") == {}
