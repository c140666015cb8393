import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.analysis.cluster_edits import (
    MAX_CHARS,
    MAX_EDITS,
    MAX_PARTS,
    Merge,
    Split,
    as_found,
    format_edits,
    merged_from,
    no_room_for,
    parse_edits,
    part_of,
)
from explorer.errors import QueryError

edits = st.lists(
    st.one_of(
        st.sets(st.integers(0, 300), min_size=2, max_size=12).map(lambda some: Merge(tuple(some))),
        st.builds(Split, st.integers(0, 300), st.integers(2, MAX_PARTS)),
    ),
    max_size=20,
).map(tuple)


@given(edits)
def test_steps_are_the_same_after_a_link(steps):
    text = format_edits(steps)
    if not no_room_for(steps):
        assert parse_edits(text) == (steps, "")


def test_a_link_numbers_clusters_as_the_screen_does_and_writes_runs_as_ranges():
    steps = (Merge((0, 3, 4, 5, 8)), Merge((1, 0)), Split(1, 3))
    assert format_edits(steps) == "merge:1,4-6,9;merge:1-2;split:2:3"
    assert parse_edits("merge:2,1;;split:2:3;")[0] == steps[1:]


@pytest.mark.parametrize(
    "part",
    [
        "merge:1",
        "merge:1,1",
        "merge:0,1",
        "merge:2-1",
        "merge:1-",
        "merge:1,٢",
        "merge:1-99999",
        "merge:1-99999999999999",
        "split:1",
        "split:1:1",
        "split:0:2",
        f"split:1:{MAX_PARTS + 1}",
        "split:1:2:3",
        "join:1,2",
        "<script>",
        "x" * 100,
    ],
)
def test_a_part_of_a_link_that_is_no_step_is_left_out_with_what_follows(part):
    steps, left_out = parse_edits(f"split:1:2;{part};merge:1,2")
    assert steps == (Split(0, 2),)
    assert part[:60] in left_out
    assert len(left_out) < 200
    assert "left out, with what follows it" in left_out


def test_too_many_steps_are_refused_and_left_out():
    most = (Split(0, 2),) * MAX_EDITS
    assert no_room_for(most) == ""
    assert f"{MAX_EDITS} times" in no_room_for((*most, Split(0, 2)))
    steps, left_out = parse_edits(format_edits((*most, Split(0, 2))))
    assert steps == most
    assert f"the first {MAX_EDITS} are used" in left_out


def test_a_text_too_long_for_a_link_is_refused():
    wide = Merge(tuple(range(0, 2 * MAX_CHARS, 2)))
    assert "2,000 characters" in no_room_for((wide,))
    steps, left_out = parse_edits(format_edits((wide,)))
    assert steps == ()
    assert "links take 2,000" in left_out


@pytest.mark.parametrize(
    "make",
    [
        lambda: Merge((1,)),
        lambda: Merge((1, 1)),
        lambda: Merge((-1, 1)),
        lambda: Split(0, 1),
        lambda: Split(-1, 2),
        lambda: Split(0, MAX_PARTS + 1),
    ],
)
def test_steps_out_of_range_are_errors(make):
    with pytest.raises(QueryError):
        make()


def test_an_origin_does_not_depend_on_the_way_clusters_were_merged():
    one, two, three = map(as_found, range(3))
    whole = merged_from([one, two, three])
    assert merged_from([merged_from([three, one]), two]) == whole
    assert whole.of == (one, two, three)
    assert len({one, two, three, whole, merged_from([one, two])}) == 5


def test_all_parts_of_a_whole_are_the_whole_again():
    whole = merged_from([as_found(0), as_found(4)])
    parts = [part_of(whole, place, 3) for place in range(3)]
    assert len(set(parts)) == 3
    assert merged_from(parts) == whole
    assert merged_from([as_found(2), *reversed(parts)]) == merged_from([as_found(i) for i in (0, 2, 4)])
    assert merged_from(parts[:2]).of == tuple(sorted(parts[:2]))
    inner = [part_of(parts[0], place, 2) for place in range(2)]
    assert merged_from([*inner, *parts[1:]]) == whole
    assert part_of(whole, 0, 2) not in parts


def test_origins_of_many_steps_take_no_longer_the_deeper_they_are():
    began, origin = time.monotonic(), as_found(0)
    for _ in range(2_000):
        origin = merged_from([part_of(origin, 0, 3), part_of(origin, 1, 3)])
        assert hash(origin) == hash(merged_from([origin]))
    assert len(repr(origin)) < 100
    assert time.monotonic() - began < 5
