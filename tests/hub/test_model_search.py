from __future__ import annotations

import datetime

import pytest

from explorer.errors import HubUnreachableError
from explorer.hub.model_details import model_details
from explorer.hub.model_search import ModelFilter, search_models
from tests.hub.conftest import MODEL_FACTS
from tests.hub_server import COMMIT, EVERYTHING


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


@pytest.mark.slow
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


def test_a_search_asks_once_for_at_most_fifty_models(catalogue):
    search_models(ModelFilter())
    assert catalogue.requests == ["GET /api/models"]
    (query,) = catalogue.queries
    assert (query["limit"], query["gated"], query["sort"]) == (["50"], ["false"], ["downloads"])
    assert "safetensors" in query["expand"]
    assert "siblings" not in query["expand"]
    search_models(ModelFilter(sort="trending", max_parameters=33_400_000))
    assert catalogue.queries[1]["sort"] == ["trendingScore"]
    assert catalogue.queries[1]["num_parameters"] == ["max:34M"]


NONSENSE = [None, 3, -1, 1.5, True, "", "x" * 100_000, [], {}, [[]], [None], {"a": []}, 10**400]


@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: str(type(value).__name__))
def test_facts_of_the_wrong_kind_are_left_out(hub, value):
    keys = [*MODEL_FACTS, "author", "gated", "cardData", "model-index", "safetensors"]
    said = dict.fromkeys(keys, value)
    hub.bodies["/api/models"] = [value, {**said, "id": value}, {**said, "id": "odd/model"}]
    (found,) = search_models(ModelFilter(gated=True))
    assert found.id == "odd/model"
    assert found.modified is None
    assert found.parameters is None
    assert all(len(text) <= 200 for text in [found.author or "", found.task or "", *found.tags])
    hub.bodies["/api/models/odd/model"] = {**said, "id": "odd/model", "sha": COMMIT, "siblings": value}
    assert model_details("odd/model").results == ()


@pytest.mark.parametrize("answer", [None, {}, "models", 3, {"error": "no"}])
def test_an_answer_that_is_no_list_finds_nothing(hub, answer):
    hub.bodies["/api/models"] = answer
    assert search_models(ModelFilter()) == []


def test_a_search_of_a_hub_that_is_out_of_order_says_so(catalogue):
    catalogue.limited.add(EVERYTHING)
    with pytest.raises(HubUnreachableError, match="rate-limiting"):
        search_models(ModelFilter())
