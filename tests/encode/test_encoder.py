import sys

import numpy as np
import pytest
import torch

from explorer.encode import encoder as module
from explorer.encode import engine, openvino
from explorer.encode.encoder import PrecisionCheck, open_encoder
from explorer.encode.models import BUNDLED_MODEL, find_model
from explorer.encode.spec import EncoderSpec
from explorer.errors import EncodeError, QueryError

PROBE = [f"text number {i} {'more words ' * (i % 9)}" for i in range(200)]


@pytest.fixture
def short_type(monkeypatch):
    # Where OpenVINO has no bfloat16, torch runs it: slowly, but that is enough here.
    monkeypatch.setattr(engine, "fast_dtype", lambda _files, _device: "bfloat16")


def test_fast_precision_is_used_where_the_probe_allows_it_and_says_its_cosine(short_type, cache):
    opened = open_encoder(EncoderSpec(), PROBE, cache)
    assert opened.dtype == "bfloat16"
    assert opened.check.passed
    assert opened.check.rows == 64
    exact = open_encoder(EncoderSpec(precision="float32"), PROBE, cache)
    a, b = opened.encode_queries(PROBE[:9]), exact.encode_queries(PROBE[:9])
    cosines = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert 0.999 < cosines.min() < 1
    assert opened.fingerprint != exact.fingerprint


def test_fast_precision_is_left_where_the_probe_speaks_against_it(short_type, cache, monkeypatch):
    monkeypatch.setitem(module._MIN_COSINE, "bfloat16", 1.1)
    opened = open_encoder(EncoderSpec(), PROBE, cache)
    assert (opened.dtype, opened.check.passed) == ("float32", False)
    assert opened.fingerprint == open_encoder(EncoderSpec(precision="float32"), PROBE, cache).fingerprint


def test_the_probe_runs_once_for_each_model_and_machine(short_type, cache, monkeypatch):
    first = open_encoder(EncoderSpec(), PROBE, cache)
    monkeypatch.setattr(module, "_probe", lambda *_args: pytest.fail("probed again"))
    assert open_encoder(EncoderSpec(), PROBE[:3], cache).check == first.check
    assert open_encoder(EncoderSpec(), [], cache).check == first.check


def test_a_verdict_from_a_few_rows_is_asked_again_with_more(short_type, cache):
    assert open_encoder(EncoderSpec(), [], cache).check is None
    assert open_encoder(EncoderSpec(), PROBE[:3] * 40, cache).check.rows == 3
    assert open_encoder(EncoderSpec(), PROBE, cache).check.rows == 64


def test_a_processor_without_a_short_type_computes_in_float32(cache, monkeypatch):
    monkeypatch.setattr(openvino, "has_bfloat16", lambda: False)
    opened = open_encoder(EncoderSpec(), PROBE, cache)
    assert (opened.dtype, opened.check) == ("float32", None)


def test_engines_share_a_fingerprint_in_float32_and_have_their_own_in_a_short_type(tiny_model):
    files, device = find_model(str(tiny_model)), torch.device("cpu")

    def fingerprint(kind, passed):
        check = PrecisionCheck("bfloat16", 64, 0.99995, passed, kind)
        return module.local_encoder(EncoderSpec(str(tiny_model)), files, device, check).fingerprint

    assert fingerprint("torch", True) != fingerprint("openvino", True)
    assert fingerprint("torch", False) == fingerprint("openvino", False)


def test_an_engine_other_than_the_one_checked_is_not_used_in_its_place(tiny_model, monkeypatch):
    check = PrecisionCheck("bfloat16", 64, 0.99995, True, "openvino")
    opened = module.local_encoder(
        EncoderSpec(str(tiny_model)), find_model(str(tiny_model)), torch.device("cpu"), check
    )
    engine.unload(find_model(str(tiny_model)), torch.device("cpu"), "bfloat16")
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(EncodeError, match=r"checked with openvino.*OpenVINO.*exact precision"):
        opened.encode_queries(["the cat"])
    engine.unload(find_model(str(tiny_model)), torch.device("cpu"), "bfloat16")


def test_the_fingerprint_changes_with_whatever_changes_the_vectors(tiny_model, cache):
    specs = [
        EncoderSpec(BUNDLED_MODEL, "float32"),
        EncoderSpec(BUNDLED_MODEL, "float32", prompt="query: "),
        EncoderSpec(str(tiny_model), "float32"),
        EncoderSpec(str(tiny_model), "float32", prompt=""),
    ]
    prints = [open_encoder(spec, [], cache).fingerprint for spec in specs]
    assert len(set(prints)) == len(specs)
    assert prints == [open_encoder(spec, [], cache).fingerprint for spec in specs]
    # A query's prompt does not touch the rows' vectors.
    assert (
        open_encoder(EncoderSpec(BUNDLED_MODEL, "float32", query_prompt="q: "), [], cache).fingerprint
        == prints[0]
    )


def test_the_models_own_prompts_are_used_unless_others_are_given(tiny_model, cache):
    own = open_encoder(EncoderSpec(str(tiny_model)), ["x"], cache)
    assert (own.prompt, own.query_prompt) == ("document: ", "query: ")
    none = open_encoder(EncoderSpec(str(tiny_model), prompt="", query_prompt="ask "), ["x"], cache)
    assert (none.prompt, none.query_prompt) == ("", "ask ")


@pytest.mark.parametrize("query", ["", "   ", "\n\t"])
def test_a_query_of_nothing_is_refused(query, cache):
    with pytest.raises(QueryError, match="needs some text"):
        open_encoder(EncoderSpec(precision="float32"), [], cache).encode_queries([query])
