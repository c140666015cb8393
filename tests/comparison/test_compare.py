"""What `explorer.compare` makes of what it is given; its measures have tests of their own."""

import pytest

import explorer
from explorer.errors import QueryError
from tests.comparison.comparisons import contenders

TWO = slice(None, None, 3)  # two of the contenders


def test_lines_that_cannot_be_used_are_noted():
    judgements = {"query": ["refund", "refund", "late parcel"], "row": [3, 4800, 5], "grade": [1, 1, 1]}
    pairs = {"a": ["refund", "late", "code"], "b": ["money", "parcel", "login"], "score": ["1", "high", "0"]}
    made = explorer.compare(list(contenders())[TWO], judgements=judgements, pairs=pairs, k=3)
    assert '1 of 3 judgements cannot be used; line 2: there is no row "4800".' in made.notes
    assert '1 of 3 pairs cannot be used; line 2: the score "high" is not a number.' in made.notes
    assert made.judgements.grades == ({2: 1}, {4: 1})


def test_nothing_is_noted_where_all_lines_can_be_used():
    judgements = {"query": ["refund"], "row": [0], "grade": [1]}  # a 0 counts from 0
    made = explorer.compare(list(contenders())[TWO], judgements=judgements, k=3)
    assert not [note for note in made.notes if "cannot be used" in note]
    assert made.judgements.grades == ({0: 1},)


def test_judgements_of_other_rows_say_which_line():
    judgements = {"query": ["refund"], "row": [4800], "grade": [1]}
    with pytest.raises(explorer.ExplorerError, match='Line 1: there is no row "4800"'):
        explorer.compare(list(contenders())[TWO], judgements=judgements, k=3)


@pytest.mark.parametrize("given", ["tfidf", None, 3])
def test_what_is_no_contender_is_named(given):
    with pytest.raises(QueryError, match=f"{given!r} is no contender"):
        explorer.compare([contenders()[0], given])
