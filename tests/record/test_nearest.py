import numpy as np

from explorer.record.nearest import nearest_entries
from explorer.record.then_and_now import then_and_now
from tests.record.entries import an_entry, space_of


def encode(texts):
    """Vectors by the letters of texts."""
    return np.array([[text.count("a"), text.count("b"), 1e-3] for text in texts], dtype=np.float32)


def test_the_closest_queries_come_first_each_once():
    entries = [an_entry("b"), an_entry("aa"), an_entry("ab"), an_entry("b"), an_entry(" ")]
    found = nearest_entries(entries, "bbb", encode)
    assert [entry.query for entry, _ in found] == ["b", "ab", "aa"]
    assert found[0][0] is entries[0]
    assert found[1][1] == np.float32(np.sqrt(0.5)).item() or abs(found[1][1] - 0.7071) < 1e-3
    assert len(nearest_entries(entries, "bbb", encode, k=1)) == 1


def test_a_record_without_queries_has_none():
    assert nearest_entries([an_entry("  ")], "a", encode) == []


def test_hits_then_and_now_are_paired_by_row():
    space = space_of(["a red house", "a blue house", "the weather today"])
    hits = space.search("red house", 2)
    entry = an_entry("red house")  # its hits are rows 3 and 4
    both = then_and_now(entry, hits)
    assert [(one.row, one.then, one.now) for one in both] == [
        (0, None, 1),
        (1, None, 2),
        (3, 1, None),
        (4, 2, None),
    ]
    assert both[2].score_then == 0.5
    assert both[2].score_now is None
