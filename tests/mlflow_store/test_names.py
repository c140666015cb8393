import pytest

from explorer.encode.model_names import choose_model, model_name, model_path
from explorer.errors import ModelNotFoundError
from explorer.mlflow_store.names import is_tracked

RUN = "0123456789abcdef0123456789abcdef"
NAMES = ["models:/faq/1", "models:/two words/12", f"models:/m-{RUN}", f"runs:/{RUN}/encoder"]


@pytest.mark.parametrize("name", NAMES)
def test_what_mlflow_calls_a_model_is_one(name, bound):
    assert is_tracked(name)
    assert (model_name(name), model_path(name)) == (name, name)
    bound("EXPLORER_ALLOW_MLFLOW_MODELS", "yes")
    assert choose_model(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "owner/model",
        "models:/faq",
        "models:/faq/0",
        "models:/faq/latest",
        "models:/faq@champion",
        "models:/../1",
        "models:/a/b/1",
        "models:/m-12",
        "models://host/faq/1",
        "runs:/12/encoder",
        f"runs:/{RUN}/../x",
        f"runs:/{RUN}/..",
        f"runs:/{RUN}",
        "file:///etc/passwd",
        "mlflow-artifacts:/1",
    ],
)
def test_other_names_are_none(name, bound):
    assert not is_tracked(name)
    bound("EXPLORER_ALLOW_MLFLOW_MODELS", "yes")
    if name != "owner/model":
        with pytest.raises(ModelNotFoundError):
            choose_model(name)


def test_a_visitor_may_choose_one_only_where_the_host_allows_it():
    with pytest.raises(ModelNotFoundError, match="EXPLORER_ALLOW_MLFLOW_MODELS"):
        choose_model(NAMES[0])
