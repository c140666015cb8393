from __future__ import annotations

import json
import shutil

import pytest

from explorer.errors import HubUnreachableError, NotOnHubError
from explorer.hub.model_details import model_details
from explorer.hub.models_on_disk import details_on_disk
from tests.hub.conftest import MODEL_FACTS
from tests.hub_server import COMMIT
from tests.tiny_architectures import ARCHITECTURES


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
    assert [(one.benchmark, one.score) for one in details.results] == [
        ("STS12", 72.37),
        ("NFCorpus", 31.5),
        ("my own", 99.9),
    ]
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
    assert (details.refused, details.dims, details.card) == (True, None, "")
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


def test_a_gated_model_that_the_hub_gives_is_described_like_any_other(catalogue):
    catalogue.facts["tiny/model"] = {**MODEL_FACTS, "gated": "manual"}
    details = model_details("tiny/model")
    assert (details.listing.gated, details.refused, details.dims) == (True, False, 16)


def test_the_card_and_the_hub_tell_what_an_expert_asks_for(catalogue):
    served = catalogue.repositories["tiny/model"]
    (served / "onnx" / "model.onnx").write_bytes(b"0")
    (served / "openvino").mkdir()
    (served / "openvino" / "openvino_model_qint8.xml").write_text("<net/>")
    (served / "README.md").write_text('# Tiny\n```json\n{"matryoshka_dims": [\n 8,\n 16, 4\n]}\n```')
    catalogue.facts["tiny/model"] = {
        **MODEL_FACTS,
        "cardData": {
            "license": "other", "license_name": "my-nc-licence", "license_link": "LICENSE.md",
            "datasets": ["mteb/stsbenchmark", "ms_marco"], "base_model": ["a/one", "b/two"],
            "new_version": "tiny/model-v2",
        },
        "evalResults": [{"data": {"dataset": {"id": "mteb/x", "task_id": "x"}, "value": 0.5}}],
        "inferenceProviderMapping": {
            "hf-inference": {"status": "live", "providerId": "tiny/model", "task": "feature-extraction"},
            "nebius": {"status": "staging", "providerId": "x", "task": "feature-extraction"},
        },
    }  # fmt: skip
    details = model_details("tiny/model")
    licence = details.licence
    assert (licence.name, licence.link, licence.non_commercial) == ("my-nc-licence", "LICENSE.md", True)
    assert details.training_datasets == ("mteb/stsbenchmark", "ms_marco")
    assert (details.base_models, details.new_version) == (("a/one", "b/two"), "tiny/model-v2")
    assert [(one.provider, one.task) for one in details.served_by] == [("hf-inference", "feature-extraction")]
    assert details.exports == ("ONNX", "OpenVINO")
    assert details.matryoshka == (16, 8, 4)
    assert [(one.benchmark, one.score) for one in details.results] == [("mteb/x", 50.0)]
    table = details.table_parameters
    assert table == 16 * len(json.loads((served / "tokenizer.json").read_text())["model"]["vocab"])
    assert details.active_parameters == max(0, 1010 - table)


def test_a_hub_that_says_no_more_when_asked_by_name_hides_nothing_else(catalogue, monkeypatch):
    def refuse(*_asked, **_more):
        raise HubUnreachableError("It does not answer.")

    monkeypatch.setattr("explorer.hub.model_details.get_json", refuse)
    details = model_details("tiny/model")
    assert (details.dims, details.served_by, details.results) == (16, (), ())


@pytest.mark.parametrize(
    "said",
    [
        {"cardData": {"datasets": 3, "base_model": {"a": 1}, "new_version": ["../x"], "license": [None]}},
        {"cardData": [], "inferenceProviderMapping": [{"provider": 3}, 4], "evalResults": [[]]},
        {"inferenceProviderMapping": {"p": "live"}, "model-index": {"results": 1}},
    ],
)
def test_nonsense_in_a_card_says_nothing(catalogue, said):
    catalogue.facts["tiny/model"] = {**MODEL_FACTS, **said}
    details = model_details("tiny/model")
    assert (details.training_datasets, details.new_version, details.served_by) == ((), None, ())
    assert details.results == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("clip", (20, 77, "0_CLIPModel/")), ("static", (24, None, "0_StaticEmbedding/"))],
)
def test_facts_come_from_the_folder_of_the_first_module(catalogue, tmp_path, name, expected):
    catalogue.repositories["bare/model"] = ARCHITECTURES[name](tmp_path / name)
    details = model_details("bare/model")
    assert (details.dims, details.max_length, details.module_folder) == expected
    assert details.is_static == (name == "static")
    on_disk = details_on_disk("bare", tmp_path / name, "")
    assert (on_disk.dims, on_disk.max_length) == expected[:2]
    assert on_disk.table_parameters == details.table_parameters
    if name == "static":
        assert on_disk.active_parameters == 0
