import datetime
import shutil

import pytest

from explorer.errors import HubUnreachableError, NotOnHubError
from explorer.hub.models import STARTERS, ModelFilter, model_details, search_models
from tests.hub_server import COMMIT, EVERYTHING

FACTS = {
    "downloads": 1234,
    "likes": 56,
    "lastModified": "2025-03-06T13:37:44.000Z",
    "createdAt": "2022-03-02T23:29:05.000Z",
    "library_name": "sentence-transformers",
    "pipeline_tag": "sentence-similarity",
    "safetensors": {"parameters": {"F32": 1000, "I64": 10}, "total": 1010},
    "tags": [
        "sentence-transformers", "safetensors", "tf", "en", "license:apache-2.0",
        "base_model:finetune:nreimers/MiniLM", "base_model:nreimers/MiniLM",
    ],
}  # fmt: skip


@pytest.fixture
def catalogue(hub, tiny_model):
    """Five models; `tiny/model` has all its facts."""
    hub.facts["tiny/model"] = FACTS
    others = {
        "big/model": {
            "downloads": 9999,
            "likes": 1,
            "safetensors": {"total": 7_000_000_000},
            "tags": FACTS["tags"],
        },
        "code/model": {"downloads": 500, "tags": [*FACTS["tags"], "custom_code", "de"], "library_name": None},
        "closed/model": {"downloads": 700, "tags": FACTS["tags"]},
        "bare/model": {},
    }
    for name, facts in others.items():
        hub.repositories[name] = tiny_model
        hub.facts[name] = facts
    hub.gated.add("closed/model")
    return hub


def ids(**wanted):
    return [model.id for model in search_models(ModelFilter(**wanted))]


def test_a_listing_says_what_the_hub_says(catalogue):
    (found,) = search_models(ModelFilter(search="tiny"))
    assert (found.id, found.author, found.is_organisation) == ("tiny/model", "tiny", None)
    assert (found.downloads, found.likes) == (1234, 56)
    assert (found.modified, found.created) == (datetime.date(2025, 3, 6), datetime.date(2022, 3, 2))
    assert (found.parameters, found.size) == (1010, 4 * 1000 + 8 * 10)
    assert (found.licence, found.base_model) == ("apache-2.0", "nreimers/MiniLM")
    assert (found.task, found.library) == ("sentence-similarity", "sentence-transformers")
    assert found.languages == ("en",)
    assert found.has_safetensors
    assert not found.gated
    assert not found.needs_remote_code


def test_what_the_hub_does_not_say_is_not_invented(catalogue):
    (found,) = search_models(ModelFilter(search="bare", library=""))
    assert found.author == "bare"
    unknown = (
        "downloads",
        "likes",
        "modified",
        "created",
        "licence",
        "parameters",
        "size",
        "task",
        "library",
    )
    assert [getattr(found, name) for name in unknown] == [None] * len(unknown)
    assert (found.languages, found.tags, found.has_safetensors) == ((), (), False)


def test_each_filter_narrows_what_is_found(catalogue):
    assert ids() == ["big/model", "tiny/model", "code/model"]
    assert ids(gated=True) == ["big/model", "tiny/model", "closed/model", "code/model"]
    assert ids(library="") == ["big/model", "tiny/model", "code/model", "bare/model"]
    assert ids(sort="likes") == ["tiny/model", "big/model", "code/model"]
    assert ids(language="de") == ["code/model"]
    assert ids(licence="apache-2.0", search="big") == ["big/model"]
    assert ids(licence="mit") == []
    assert ids(task="sentence-similarity") == ["tiny/model"]
    assert ids(max_parameters=2000) == ["tiny/model"]
    assert ids(max_parameters=1009) == []
    assert [model.needs_remote_code for model in search_models(ModelFilter(search="code"))] == [True]


def test_a_search_asks_once_and_for_no_more_than_is_shown(catalogue):
    assert len(search_models(ModelFilter(), limit=2)) == 2
    assert catalogue.requests == ["GET /api/models"]
    (query,) = catalogue.queries
    assert (query["limit"], query["gated"], query["sort"]) == (["2"], ["false"], ["downloads"])
    assert "safetensors" in query["expand"]
    assert "siblings" not in query["expand"]
    search_models(ModelFilter(sort="trending", max_parameters=33_400_000), limit=100_000)
    assert catalogue.queries[1]["limit"] == ["100"]
    assert catalogue.queries[1]["sort"] == ["trendingScore"]
    assert catalogue.queries[1]["num_parameters"] == ["max:34M"]


NONSENSE = [None, 3, -1, 1.5, True, "", "x" * 100_000, [], {}, [[]], [None], {"a": []}, 10**400]


@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: str(type(value).__name__))
def test_facts_of_the_wrong_kind_are_left_out(hub, value):
    keys = [*FACTS, "author", "gated", "cardData", "model-index", "safetensors"]
    said = dict.fromkeys(keys, value)
    hub.bodies["/api/models"] = [value, {**said, "id": value}, {**said, "id": "odd/model"}]
    (found,) = search_models(ModelFilter(gated=True))
    assert found.id == "odd/model"
    assert found.modified is None
    assert found.parameters is None
    assert all(len(text) <= 200 for text in [found.author or "", found.task or "", *found.tags])
    hub.bodies["/api/models/odd/model"] = {**said, "id": "odd/model", "sha": COMMIT, "siblings": value}
    assert model_details("odd/model").scores == {}


@pytest.mark.parametrize("answer", [None, {}, "models", 3, {"error": "no"}])
def test_an_answer_that_is_no_list_finds_nothing(hub, answer):
    hub.bodies["/api/models"] = answer
    assert search_models(ModelFilter()) == []


def test_details_say_what_the_models_own_files_say(catalogue):
    served = catalogue.repositories["tiny/model"]
    (served / "README.md").write_text("---\nlicense: mit\n---\n# Tiny\n\n<script>alert(1)</script>")
    (served / "pytorch_model.bin").write_bytes(b"0" * 100_000)
    catalogue.bodies["/api/organizations/tiny/overview"] = {"fullname": "Tiny"}
    catalogue.facts["tiny/model"] = {
        **FACTS,
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
    assert details.card.strip() == "<h1>Tiny</h1>"
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
    with pytest.raises(NotOnHubError, match=r"tiny/other: .*nothing by that name"):
        model_details("tiny/other")
    with pytest.raises(NotOnHubError, match="no such revision"):
        model_details("tiny/model", "v9")
    asked = len(catalogue.requests)
    for name in ("../../etc", "a/b/c", "", "tiny/model?x=1", "tiny/mo del"):
        with pytest.raises(NotOnHubError, match="no name of a model"):
            model_details(name)
    with pytest.raises(NotOnHubError, match="no name of a revision"):
        model_details("tiny/model", "../main")
    assert len(catalogue.requests) == asked


def test_a_search_of_a_hub_that_is_out_of_order_says_so(catalogue):
    catalogue.limited.add(EVERYTHING)
    with pytest.raises(HubUnreachableError, match="patience"):
        search_models(ModelFilter())


def test_every_starter_can_be_asked_for():
    from explorer.encode.models import BUNDLED_MODEL
    from explorer.hub.download import is_model_id

    assert STARTERS[0].id == BUNDLED_MODEL
    assert all(is_model_id(starter.id) and starter.need and starter.reason for starter in STARTERS)
    assert len({starter.need for starter in STARTERS}) == len(STARTERS)
