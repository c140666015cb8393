from __future__ import annotations

import shutil

import pytest

from explorer.errors import NotOnHubError
from explorer.hub.model_details import model_details
from tests.hub.conftest import MODEL_FACTS
from tests.hub_server import COMMIT


def test_details_say_what_the_models_own_files_say(catalogue):
    served = catalogue.repositories["tiny/model"]
    (served / "README.md").write_text("---\nlicense: mit\n---\n# Tiny\n\n<script>alert(1)</script>")
    (served / "pytorch_model.bin").write_bytes(b"0" * 100_000)
    catalogue.bodies["/api/organizations/tiny/overview"] = {"fullname": "Tiny"}
    catalogue.facts["tiny/model"] = {
        **MODEL_FACTS,
        "cardData": {"language": ["en", "deu"]},
        "model-index": [{"results": [
            {"task": {"type": "STS"}, "dataset": {"name": "MTEB STS12"},
             "metrics": [{"type": "cos_sim_pearson", "value": 1.0},
                         {"type": "cos_sim_spearman", "value": 72.37}]},
            {"task": {"type": "Retrieval"}, "dataset": {"name": "MTEB NFCorpus"},
             "metrics": [{"type": "ndcg_at_10", "value": 31.5}]},
            {"task": {"type": "STS"}, "dataset": {"name": "my own"},
             "metrics": [{"type": "cos_sim_spearman", "value": 99.9}]},
        ]}],
    }  # fmt: skip
    details = model_details("tiny/model")
    assert details.commit == COMMIT
    assert (details.dims, details.max_length, details.pooling) == (16, 12, "mean")
    assert details.prompts == {"query": "query: ", "document": "document: "}
    assert details.listing.languages == ("en", "deu")
    assert details.listing.is_organisation is True
    assert details.scores == {"STS12": 72.37, "NFCorpus": 31.5}
    assert details.card.strip() == "<h3>Tiny</h3>"
    wanted = [
        path.stat().st_size
        for path in served.rglob("*")
        if path.is_file() and path.suffix in (".json", ".safetensors", ".txt") and "onnx" not in path.parts
    ]
    assert details.download_size == sum(wanted)
    assert not [path for path in catalogue.bytes_sent if path.startswith("/lfs")]


def test_an_author_who_is_no_organisation_is_a_person(catalogue):
    assert model_details("tiny/model").listing.is_organisation is False


def test_a_gated_model_shows_its_listing(catalogue):
    details = model_details("closed/model")
    assert details.listing.gated
    assert details.listing.downloads == 700
    assert (details.dims, details.card) == (None, "")
    assert details.download_size > 0


def test_files_that_are_no_json_or_not_of_the_right_shape_say_nothing(catalogue, tmp_path, tiny_model):
    served = shutil.copytree(tiny_model, tmp_path / "odd")
    for name in ("config.json", "config_sentence_transformers.json", "tokenizer_config.json"):
        (served / name).write_text("[1, 2")
    (served / "modules.json").write_text(
        '[3, {"type": 4, "path": []}, {"type": "x.Pooling", "path": "../../etc"}]'
    )
    (served / "README.md").write_bytes(b"\xff\xfe card")
    catalogue.repositories["bare/model"] = served
    details = model_details("bare/model")
    assert (details.dims, details.max_length, details.pooling, details.prompts) == (None, None, None, {})
    assert "card" in details.card


def test_details_of_what_is_not_there(catalogue):
    with pytest.raises(NotOnHubError, match=r"tiny/other: .*nothing with that name"):
        model_details("tiny/other")
    with pytest.raises(NotOnHubError, match="no such revision"):
        model_details("tiny/model", "v9")
    asked = len(catalogue.requests)
    for name in ("../../etc", "a/b/c", "", "tiny/model?x=1", "tiny/mo del"):
        with pytest.raises(NotOnHubError, match="not a valid model name"):
            model_details(name)
    with pytest.raises(NotOnHubError, match="not a valid revision"):
        model_details("tiny/model", "../main")
    assert len(catalogue.requests) == asked
