import sys

import numpy as np
import pytest
import torch

from explorer.encode import precision
from explorer.encode.engines import loaded_models, openvino
from explorer.encode.local_encoder import local_encoder
from explorer.encode.models import BUNDLED_MODEL, find_model
from explorer.encode.precision import PrecisionCheck, probe_items
from explorer.encode.spec import LocalModel
from explorer.errors import EncodeError, QueryError
from tests.encode.opening import open_for

PROBE = [f"text number {i} {'more words ' * (i % 9)}" for i in range(80)]


@pytest.fixture
def short_type(monkeypatch):
    # Where OpenVINO has no bfloat16, torch runs it: slowly, but that is enough here.
    monkeypatch.setattr(loaded_models, "fast_dtype", lambda _files, _device: "bfloat16")
    # OpenVINO's cosines are above 0.9999 on some processors and above 0.9998 on others.
    monkeypatch.setitem(precision._MIN_COSINE, "bfloat16", 0.9998)


@pytest.mark.slow
def test_fast_precision_is_used_where_the_probe_allows_it_and_says_its_cosine(short_type, cache):
    opened = open_for(LocalModel(), cache, PROBE)
    assert opened.dtype == "bfloat16"
    assert opened.check.passed
    assert opened.check.rows == 64
    exact = open_for(LocalModel(precision="float32"), cache, PROBE)
    a, b = opened.encode_queries(PROBE[:9]), exact.encode_queries(PROBE[:9])
    cosines = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert 0.999 < cosines.min() < 1
    assert opened.fingerprint != exact.fingerprint


@pytest.mark.slow
def test_fast_precision_is_left_where_the_probe_speaks_against_it(short_type, cache, monkeypatch):
    monkeypatch.setitem(precision._MIN_COSINE, "bfloat16", 1.1)
    opened = open_for(LocalModel(), cache, PROBE)
    assert (opened.dtype, opened.check.passed) == ("float32", False)
    assert opened.fingerprint == open_for(LocalModel(precision="float32"), cache, PROBE).fingerprint


@pytest.fixture
def probes(short_type, monkeypatch):
    """The texts of each probe; none is really made, and all of them pass."""
    made = []

    def probe(_files, _device, dtype, texts, prompt):
        made.append(prompt.before(texts))
        return PrecisionCheck(dtype, len(texts), 0.99995, passed=True)

    monkeypatch.setattr(precision, "compare_precisions", probe)
    return made


def test_the_probe_runs_once_for_the_same_rows(probes, cache):
    first = open_for(LocalModel(), cache, PROBE)
    assert open_for(LocalModel(), cache, PROBE[::-1] * 2).check == first.check
    assert len(probes) == 1


def test_rows_unlike_those_that_were_checked_are_checked_themselves(probes, cache):
    open_for(LocalModel(), cache, PROBE)
    other = ["Это совсем другой язык", "短い文", *(f"{'long ' * 200}{row}" for row in range(100))]
    assert open_for(LocalModel(), cache, other).check.rows == 64
    assert len(probes) == 2
    assert set(probes[1]) <= set(other)
    assert {other[0], other[1]} <= set(probes[1])
    open_for(LocalModel(), cache, PROBE[:3])
    assert sorted(probes[2]) == sorted(PROBE[:3])


def test_another_prompt_is_checked_itself(probes, cache):
    open_for(LocalModel(), cache, PROBE)
    open_for(LocalModel(prompt="passage: "), cache, PROBE)
    assert len(probes) == 2
    assert all(text.startswith("passage: ") for text in probes[1])


@pytest.mark.slow
def test_rows_that_fail_are_encoded_exactly_while_others_stay_fast(short_type, cache, monkeypatch):
    passed = open_for(LocalModel(), cache, PROBE)
    monkeypatch.setitem(precision._MIN_COSINE, "bfloat16", 1.1)
    failed = open_for(LocalModel(), cache, [f"other {text}" for text in PROBE])
    assert (passed.dtype, failed.dtype) == ("bfloat16", "float32")
    assert passed.fingerprint != failed.fingerprint
    assert open_for(LocalModel(), cache, PROBE).fingerprint == passed.fingerprint


def test_the_probe_has_texts_of_all_lengths_and_one_more_row_seldom_changes_it():
    texts = [f"{'word ' * (number % 200)}{number}" for number in range(5000)]
    chosen = probe_items(texts)
    assert len(chosen) == len(set(chosen)) == 64
    assert {len(text).bit_length() for text in chosen} == {len(text).bit_length() for text in texts}
    changed = sum(set(probe_items([*texts, f"a new row {number}"])) != set(chosen) for number in range(50))
    assert changed <= 5
    assert probe_items(["same"] * 100) == ["same"]


def test_a_processor_without_a_short_type_computes_in_float32(cache, monkeypatch):
    monkeypatch.setattr(openvino, "has_bfloat16", lambda: False)
    opened = open_for(LocalModel(), cache, PROBE)
    assert (opened.dtype, opened.check) == ("float32", None)


def test_engines_share_a_fingerprint_in_float32_and_have_their_own_in_a_short_type(tiny_model):
    files, device = find_model(str(tiny_model)), torch.device("cpu")

    def fingerprint(kind, passed):
        check = PrecisionCheck("bfloat16", 64, 0.99995, passed, kind)
        return local_encoder(LocalModel(str(tiny_model)), files, device, check).fingerprint

    assert fingerprint("torch", True) != fingerprint("openvino", True)
    assert fingerprint("torch", False) == fingerprint("openvino", False)


def test_an_engine_other_than_the_one_checked_is_not_used_in_its_place(tiny_model, monkeypatch):
    check = PrecisionCheck("bfloat16", 64, 0.99995, True, "openvino")
    opened = local_encoder(
        LocalModel(str(tiny_model)), find_model(str(tiny_model)), torch.device("cpu"), check
    )
    loaded_models.unload(find_model(str(tiny_model)), torch.device("cpu"), "bfloat16")
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(EncodeError, match=r"checked with openvino.*OpenVINO.*exact precision"):
        opened.encode_queries(["the cat"])
    loaded_models.unload(find_model(str(tiny_model)), torch.device("cpu"), "bfloat16")


def test_the_fingerprint_changes_with_whatever_changes_the_vectors(tiny_model, cache):
    specs = [
        LocalModel(BUNDLED_MODEL, "float32"),
        LocalModel(BUNDLED_MODEL, "float32", prompt="query: "),
        LocalModel(str(tiny_model), "float32"),
        LocalModel(str(tiny_model), "float32", prompt=""),
    ]
    prints = [open_for(spec, cache).fingerprint for spec in specs]
    assert len(set(prints)) == len(specs)
    assert prints == [open_for(spec, cache).fingerprint for spec in specs]
    # A query's prompt does not touch the rows' vectors.
    assert open_for(LocalModel(BUNDLED_MODEL, "float32", query_prompt="q: "), cache).fingerprint == prints[0]


def test_the_models_own_prompts_are_used_unless_others_are_given(tiny_model, cache):
    own = open_for(LocalModel(str(tiny_model)), cache, ["x"])
    assert (own.prompt, own.query_prompt) == ("document: ", "query: ")
    none = open_for(LocalModel(str(tiny_model), prompt="", query_prompt="ask "), cache, ["x"])
    assert (none.prompt, none.query_prompt) == ("", "ask ")


@pytest.mark.parametrize("query", ["", "   ", "\n\t"])
def test_a_query_of_nothing_is_refused(query, cache):
    with pytest.raises(QueryError, match="cannot be empty"):
        open_for(LocalModel(precision="float32"), cache).encode_queries([query])
