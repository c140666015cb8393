"""What a hit says of its rank in the first contender."""

import pytest

import explorer
from explorer.ui.compare import one_query

HOSTILE = "<b>bold</b>"


@pytest.mark.parametrize(
    ("rank", "before", "told"), [(2, 4, "▲2"), (4, 1, "▼3"), (3, 3, ">=<"), (1, None, "new")]
)
def test_a_shift_is_the_way_and_the_number_of_places(rank, before, told):
    assert told in one_query._shift(rank, before)


def test_a_hit_of_the_first_contender_has_no_shift_and_texts_are_escaped():
    comparison = type("C", (), {"corpus": explorer.open_corpus([HOSTILE, "other"])})
    drawn = one_query._item(comparison, 2, (0, 0.5, "score 0.500"), 1, None)
    assert "new" not in drawn
    assert "row 1<" in drawn
    assert 'data-list="2" data-row="0"' in drawn
    assert HOSTILE not in drawn
    assert "<b>new</b>" in one_query._item(comparison, 2, (0, 0.5, ""), 1, {})
