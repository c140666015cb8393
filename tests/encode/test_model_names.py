import os

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from explorer.encode.model_names import choose_model, model_folders
from explorer.encode.models import BUNDLED_MODEL
from explorer.errors import ExplorerError, ModelNotFoundError
from explorer.hub.names import is_model_id
from explorer.settings import settings


@pytest.fixture
def root(tmp_path, monkeypatch):
    """The server's model folder, with a folder and a file beside it and links that lead out of it."""
    root = tmp_path / "models"
    (root / "own" / "inner").mkdir(parents=True)
    (tmp_path / "beside").mkdir()
    (root / "out").symlink_to(tmp_path / "beside")
    (root / "circle").symlink_to(root / "circle")
    (root / "file").write_text("no folder")
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(root))
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    return root


def answer(name: str) -> str:
    """The error that a visitor sees, without the name they entered."""
    with pytest.raises(ModelNotFoundError) as refused:
        choose_model(name)
    assert refused.value.where == name
    return refused.value.what + refused.value.fix


@pytest.mark.parametrize(
    "name",
    [
        "/etc",
        "../beside",
        "own/../../beside",
        "./own",
        "~",
        "docs/../../../../etc/ssl",
        "own/../../../../../../../etc/ssl",
        "models--x",
        ".",
        "..",
        "a\\b",
        "文" * 150,
    ],
)
def test_what_lies_outside_gets_the_answer_of_what_is_not_there(root, name):
    assert answer(name) == answer("../there/is no such thing")
    assert str(root) not in answer(name)


@pytest.mark.parametrize("name", ["beside", "out", "circle", "file", "models/own", "own/nothing"])
def test_a_name_like_a_hub_id_is_one_whatever_lies_elsewhere(root, name):
    assert choose_model(name) == name


def test_folders_below_the_model_folder_are_opened(root):
    assert choose_model("own") == str(root / "own")
    assert choose_model(" own/inner ") == str(root / "own" / "inner")
    assert choose_model(BUNDLED_MODEL) == BUNDLED_MODEL
    assert model_folders() == ["own"]


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(), st.text(alphabet="./~\\ownc\x00", max_size=12), st.from_regex(r"[\w/.-]{1,250}")))
def test_any_name_is_a_folder_below_a_hub_id_or_an_error_of_ours(root, name):
    try:
        chosen = choose_model(name)
    except ExplorerError:
        return
    assert chosen.startswith(f"{root}{os.sep}") or is_model_id(chosen)
