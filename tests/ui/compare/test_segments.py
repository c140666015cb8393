"""What the view of segments says of differences that are known."""

import math

import pytest

from explorer.comparison.measure import Measure
from explorer.comparison.measures.segments import SegmentDifference
from explorer.ui.compare.segment_table import segment_html
from explorer.ui.compare.segments import segments_in_words

HIGHER = Measure("hits", "labels", True, "Whether the row was found.")
LOWER = Measure("error", "labels", False, "How far off it is.")
NAMES = ("A", "<b>B</b>")


def difference(segment, mean, p=0.001, reach=0.05):
    return SegmentDifference(segment, mean, mean - reach, mean + reach, p, p, 40)


FOUND = (
    difference("German", 0.2),
    difference("long", -0.3),
    difference("short", 0.1, p=0.2),
    difference("wide", 0.1, reach=0.4),
    SegmentDifference("one row", 0.5, math.nan, math.nan, math.nan, math.nan, 1),
)


def test_the_sentence_names_the_segments_of_each_and_says_that_others_are_tied():
    told = segments_in_words(FOUND, NAMES, HIGHER).replace("\\", "")
    assert told == (
        "**A** is better on: German. **<b>B</b>** is better on: long. Elsewhere they cannot be told apart."
    )
    assert "cannot be told apart in any" in segments_in_words(FOUND[2:], NAMES, HIGHER)
    assert "Elsewhere" not in segments_in_words(FOUND[:2], NAMES, HIGHER)
    many = tuple(difference(f"s{at}", 0.2) for at in range(9))
    assert "s5 and 3 more." in segments_in_words(many, NAMES, HIGHER)


def test_the_table_escapes_names_and_says_what_is_known_of_each_segment():
    table = segment_html(FOUND, NAMES, HIGHER)
    assert "<b>B</b>" not in table.replace("<b>&lt;b&gt;B&lt;/b&gt;</b>", "")
    lines = table.split("<tr>")[2:]
    assert "<b>A</b>" in lines[0]
    assert "+0.200" in lines[0]
    assert "+0.150 to +0.250" in lines[0]
    assert "cannot tell apart" in lines[2]
    assert "too few rows" in lines[4]
    assert all('role="img"' in line for line in lines)
    assert "<svg" not in table  # Streamlit drops it
    assert table.index("← &lt;b&gt;B") < table.index("A →")
    mirrored = segment_html(FOUND, NAMES, LOWER)
    assert mirrored.index("← A") < mirrored.index("B&lt;/b&gt; →")


def test_on_a_phone_each_segment_has_two_lines_with_all_that_the_table_says():
    items = segment_html(FOUND, NAMES, HIGHER, narrow=True).split('role="listitem"')[1:]
    assert len(items) == len(FOUND)
    for text in ("German", "40 rows", "<b>A</b>", "+0.150 to +0.250", "p = 0.001"):
        assert text in items[0]
    assert "<b>&lt;b&gt;B&lt;/b&gt;</b>" in items[1]
    assert "cannot tell apart" in items[2]
    assert "too few rows" in items[4]
    assert "1 row<" in items[4]
    assert all('role="img"' in item for item in items)
    assert "overflow-x" not in "".join(items)


@pytest.mark.parametrize("low", [0.0, 0.3])
def test_intervals_are_drawn_within_the_picture(low):
    table = segment_html((SegmentDifference("s", low, low, low, 0.5, 0.5, 2),), NAMES, HIGHER)
    assert "nan" not in table
