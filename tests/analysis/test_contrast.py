import numpy as np
import pyarrow as pa
import pytest

import explorer
from explorer.analysis.contrast import contrast


def corpus(**columns):
    rows = len(next(iter(columns.values())))
    table = pa.table({"text": [f"text {row}" for row in range(rows)], **columns})
    return explorer.open_corpus(table, text="text", label="kind" if "kind" in columns else None)


def test_values_are_ranked_by_the_difference_of_their_shares():
    made = corpus(kind=["a", "a", "a", "b", "b", "b"], size=["1", "2", "1", "2", "1", "2"])
    inside = np.array([True, True, True, False, False, True])
    shares = contrast(made, inside, 10)
    assert [(share.column, share.value) for share in shares[:2]] == [("kind", "a"), ("kind", "b")]
    assert (shares[0].inside, shares[0].outside) == (0.75, 0.0)
    assert {(share.value, share.inside, share.outside) for share in shares if share.column == "size"} == {
        ("1", 0.5, 0.5),
        ("2", 0.5, 0.5),
    }
    assert len(contrast(made, inside, 1)) == 1


def test_shares_are_those_of_a_plain_count():
    random = np.random.default_rng(0)
    kinds = [f"k{number}" for number in random.integers(0, 9, 500)]
    inside = random.random(500) < 0.3
    for share in contrast(corpus(kind=kinds), inside, 99):
        for part, rows in ((share.inside, inside), (share.outside, ~inside)):
            these = [kind for kind, is_in in zip(kinds, rows, strict=True) if is_in]
            assert part == pytest.approx(these.count(share.value) / len(these))


def test_columns_that_say_little_are_left_out_and_missing_values_count():
    names = [f"name {row}" for row in range(300)]
    made = corpus(
        kind=["a"] * 300, name=names, nothing=pa.nulls(300), gap=[None, 1] * 150, on=[True, False] * 150
    )
    shares = contrast(made, np.arange(300) % 4 == 0, 50)
    assert {share.column for share in shares} == {"gap", "on"}
    assert {share.value for share in shares if share.column == "gap"} == {"", "1"}
    assert {share.value for share in shares if share.column == "on"} == {"true", "false"}
