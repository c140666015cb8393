import pytest

from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.spec import HostedModel, LocalModel, OwnVectors, Tfidf
from explorer.errors import ModelNotFoundError
from explorer.session.encoder_link import MAX_PROMPT_CHARS, from_parameters, to_parameters
from explorer.settings import settings

LINKS = [
    ({"model": "owner/model"}, LocalModel("owner/model")),
    ({"precision": "float32"}, LocalModel(precision="float32")),
    (
        {"model": "owner/model", "prompt": "", "query_prompt": "q: ", "revision": "main"},
        LocalModel("owner/model", prompt="", query_prompt="q: ", revision="main"),
    ),
    ({"model": "owner/model", "task": "clustering"}, LocalModel("owner/model", task="clustering")),
    ({"model": "tfidf"}, Tfidf()),
    ({"model": "nomic:v1.5", "provider": "team"}, HostedModel("team", "nomic:v1.5")),
    ({"provider": "hf-inference", "prompt": "row: "}, HostedModel("hf-inference", prompt="row: ")),
    ({"provider": "hf-inference", "prompt": ""}, HostedModel("hf-inference", prompt="")),
    ({"provider": "hf-inference", "task": "clustering"}, HostedModel("hf-inference", task="clustering")),
    ({"model": "", "vectors": "own"}, OwnVectors()),
    ({"vectors": "own"}, OwnVectors(LocalModel(BUNDLED_MODEL))),
    (
        {"model": "owner/model", "precision": "float32", "vectors": "own"},
        OwnVectors(LocalModel("owner/model", "float32")),
    ),
    ({"model": "m", "provider": "team", "vectors": "own"}, OwnVectors(HostedModel("team", "m"))),
    ({"model": "tfidf", "vectors": "own"}, OwnVectors(Tfidf())),
]


@pytest.mark.parametrize(("parameters", "spec"), LINKS)
def test_each_kind_has_its_link_and_comes_back_from_it(parameters, spec):
    assert to_parameters(spec) == parameters
    assert from_parameters(parameters) == spec


def test_the_bundled_model_as_it_comes_is_in_no_link():
    assert to_parameters(LocalModel()) == {}
    assert from_parameters({"corpus": "medicare-faq", "q": "a card"}) is None


@pytest.mark.parametrize(
    ("parameters", "spec"),
    [
        ({"model": "m", "provider": "team", "precision": "float32"}, HostedModel("team", "m")),
        ({"model": "m", "provider": "team", "revision": "main"}, HostedModel("team", "m")),
        ({"model": "tfidf", "precision": "float32"}, Tfidf()),
        ({"precision": "int3"}, LocalModel()),
        ({"vectors": "none"}, LocalModel()),
        ({"task": "anything"}, LocalModel()),
        ({"prompt": "x" * 600}, LocalModel(prompt="x" * MAX_PROMPT_CHARS)),
    ],
)
def test_links_that_say_more_than_there_is_open_all_the_same(parameters, spec):
    assert from_parameters(parameters) == spec


@pytest.mark.parametrize("name", ["mine", "team/mine", "team/old/mine"])
def test_a_folder_is_named_below_the_hosts_model_folder(tmp_path, monkeypatch, name):
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(tmp_path))
    settings.cache_clear()
    (tmp_path / name).mkdir(parents=True)
    spec = LocalModel(str(tmp_path.resolve() / name))
    assert to_parameters(spec) == {"model": name}
    assert from_parameters({"model": name}) == spec


def test_of_a_folder_elsewhere_no_path_is_told(tmp_path):
    assert to_parameters(LocalModel(str(tmp_path / "team" / "mine"))) == {"model": "mine"}


def test_leave_to_run_code_is_in_no_link():
    assert to_parameters(LocalModel("owner/model", trust_remote_code=True)) == {"model": "owner/model"}


@pytest.mark.parametrize(
    ("parameters", "error", "said"),
    [
        ({"provider": "x" * 65}, ModelNotFoundError, "does not name a valid server"),
        ({"model": "/etc"}, ModelNotFoundError, "no model by that name"),
    ],
)
def test_links_that_lead_nowhere_say_so(parameters, error, said):
    with pytest.raises(error, match=said):
        from_parameters(parameters)
