import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.errors import ExplorerError, QueryError
from explorer.hub.names import is_dataset_id, is_model_id
from explorer.ui.shell.hub_link import PREFIX, HubRows
from explorer.ui.shell.numbers import number_from
from explorer.ui.widgets.row_choice import parse_rows

COMMIT = "0" * 40
# Texts as links carry them: any, digits of all scripts, and numbers of any length.
TEXTS = st.one_of(
    st.text(),
    st.text(st.characters(categories=["Nd", "No", "Nl"])),
    st.from_regex(r"[-+]?[0-9]{1,6000}", fullmatch=True),
)


@given(TEXTS, st.integers(0, 5), st.integers(5, 10**12))
def test_a_number_is_one_in_range_or_none(text, low, high):
    number = number_from(text, low, high)
    assert number is None or (low <= number <= high and text.lstrip("0") == str(number).lstrip("0"))


@given(st.integers(0, 10**12))
def test_every_number_is_read(number):
    assert number_from(str(number), 0, 10**12) == number


@pytest.mark.parametrize(
    "text", ["9" * 5_000, "", "+1", "-1", "1.0", "1e3", "٣", "²", " 1", "1_000", "0x1", "1\n"]
)
def test_what_is_no_number_is_none(text):
    assert number_from(text, 0, 10**9) is None


@given(st.lists(st.one_of(TEXTS, st.from_regex(r"[0-9]{1,3}-[0-9]{1,5000}", fullmatch=True)), max_size=4))
def test_row_numbers_are_rows_or_an_error_of_ours(parts):
    with contextlib.suppress(ExplorerError):
        assert all(0 <= row < 100 for row in parse_rows(",".join(parts), 100))


def test_an_error_shows_the_beginning_of_a_long_number():
    with pytest.raises(QueryError) as refused:
        parse_rows("9" * 5_000, 100)
    assert len(str(refused.value)) < 200


@given(TEXTS, TEXTS)
def test_a_link_to_the_hub_names_rows_or_is_an_error_of_ours(limit, seed):
    try:
        rows = HubRows.from_link(f"{PREFIX}owner/name@{COMMIT},c,s,t,,,{limit},{seed}")
    except ExplorerError:
        return
    assert rows.limit is None or rows.limit > 0
    assert HubRows.from_link(rows.link) == rows


@given(st.one_of(st.text(), st.from_regex(r"[\w.-]{1,98}(/[\w.-]{1,98})?", fullmatch=True)))
def test_what_has_the_form_of_a_hub_id_is_one_to_the_hubs_own_client(name):
    from huggingface_hub.utils import validate_repo_id

    if is_model_id(name) or is_dataset_id(name):
        validate_repo_id(name)


@pytest.mark.parametrize("name", ["models--x", "a/b--c", "a..b", "a-", "a/b.", "a/b.git", "-a", "a/b/c", ""])
def test_what_the_hub_reserves_is_no_id(name):
    assert not is_model_id(name)
    assert not is_dataset_id(name)
