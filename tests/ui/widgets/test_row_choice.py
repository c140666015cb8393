import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.errors import ExplorerError, QueryError
from explorer.ui.widgets.row_choice import parse_rows
from tests.written_numbers import TEXTS


@pytest.mark.slow
@given(st.lists(st.one_of(TEXTS, st.from_regex(r"[0-9]{1,3}-[0-9]{1,5000}", fullmatch=True)), max_size=4))
def test_row_numbers_are_rows_or_an_error_of_ours(parts):
    with contextlib.suppress(ExplorerError):
        assert all(0 <= row < 100 for row in parse_rows(",".join(parts), 100))


def test_an_error_shows_the_beginning_of_a_long_number():
    with pytest.raises(QueryError) as refused:
        parse_rows("9" * 5_000, 100)
    assert len(str(refused.value)) < 200
