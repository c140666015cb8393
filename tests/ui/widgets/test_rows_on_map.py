from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.ui.widgets.rows_on_map import pick, points_of, selected_points

ROWS = np.array([2, 3, 5, 8, 13])  # of the corpus, behind the points of a map


class Picked(SimpleNamespace):
    def select(self, rows, origin):
        self.selection = SimpleNamespace(rows=np.array(rows)) if len(rows) else None
        self.origin = origin


@pytest.mark.parametrize(
    ("before", "points", "mode", "after"),
    [
        ([], [0, 4], "replace", [2, 13]),
        ([1, 2], [3], "add", [1, 2, 8]),
        ([2, 3, 8], [1, 4], "subtract", [2, 8]),
        ([2, 13, 99], [0, 1, 2, 3, 4], "invert", [3, 5, 8]),
        ([2, 13, 99], [0, 1], "invert", [3]),  # the others are hidden
        ([2, 3, 5, 8, 13], [0, 1, 2, 3, 4], "invert", []),
        ([2], [], "none", []),
        ([2], [], "replace", [2]),  # a lasso around nothing
        ([2], [], "subtract", [2]),
    ],
)
def test_rows_are_picked(before, points, mode, after):
    session = Picked(selection=None)
    session.select(before, "before")
    pick(session, ROWS, "the map", np.array(points, dtype=np.int64), mode)
    assert (session.selection.rows.tolist() if session.selection else []) == after


@given(rows=st.sets(st.integers(0, 60), min_size=1), wanted=st.lists(st.integers(0, 99)))
def test_points_of_rows_are_those_of_a_plain_search(rows, wanted):
    behind = np.array(sorted(rows))
    found = points_of(behind, wanted).tolist()
    assert found == [point for point, row in enumerate(behind.tolist()) if row in wanted]
    session = Picked(selection=SimpleNamespace(rows=np.array(wanted, dtype=np.int64)))
    selected = selected_points(session, behind)
    assert (np.flatnonzero(selected).tolist() if selected is not None else []) == found


def test_a_selection_of_rows_elsewhere_selects_no_points():
    session = Picked(selection=SimpleNamespace(rows=np.array([1, 4, 99])))
    assert selected_points(session, ROWS) is None
    session.selection = SimpleNamespace(rows=np.array([4, 5]))
    assert selected_points(session, ROWS).tolist() == [False, False, True, False, False]
    assert selected_points(session, ROWS, np.array([True, True, True, False, True])).tolist()[2]
    assert selected_points(session, ROWS, np.array([True, True, False, True, True])) is None
    session.selection = None
    assert selected_points(session, ROWS) is None
