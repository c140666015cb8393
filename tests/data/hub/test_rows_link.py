import pytest
from hypothesis import given

from explorer.data.hub.rows_link import PREFIX, HubRows
from explorer.errors import ExplorerError
from tests.written_numbers import TEXTS

COMMIT = "0" * 40


@pytest.mark.slow
@given(TEXTS, TEXTS)
def test_a_link_to_the_hub_names_rows_or_is_an_error_of_ours(limit, seed):
    try:
        rows = HubRows.from_link(f"{PREFIX}owner/name@{COMMIT},c,s,t,,,{limit},{seed}")
    except ExplorerError:
        return
    assert rows.limit is None or rows.limit > 0
    assert HubRows.from_link(rows.link) == rows
