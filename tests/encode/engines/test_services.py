import pickle

import pytest

from explorer.encode.engines.services import Secret
from explorer.errors import ModelError
from tests.encode.engines.local_services import TOKEN


def test_a_secret_is_hidden_and_not_stored():
    secret = Secret(f" {TOKEN}\n")
    assert secret.reveal() == TOKEN
    assert TOKEN not in f"{secret} {secret!r}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


@pytest.mark.parametrize("value", ["", "  ", "hf_secret\nX-Evil: 1", "hf_sécret", "hf secret"])
def test_a_token_that_cannot_be_sent_is_refused_without_being_quoted(value):
    with pytest.raises(ModelError) as caught:
        Secret(value)
    assert not value.strip() or value not in repr(caught.value)
