import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.hub.names import is_dataset_id, is_model_id


@pytest.mark.slow
@given(st.one_of(st.text(), st.from_regex(r"[\w.-]{1,98}(/[\w.-]{1,98})?", fullmatch=True)))
def test_what_has_the_form_of_a_hub_id_is_one_to_the_hubs_own_client(name):
    from huggingface_hub.utils import validate_repo_id

    if is_model_id(name) or is_dataset_id(name):
        validate_repo_id(name)


@pytest.mark.parametrize("name", ["models--x", "a/b--c", "a..b", "a-", "a/b.", "a/b.git", "-a", "a/b/c", ""])
def test_what_the_hub_reserves_is_no_id(name):
    assert not is_model_id(name)
    assert not is_dataset_id(name)
