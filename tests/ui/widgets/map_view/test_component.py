import numpy as np
import pytest

from explorer.ui.widgets.colouring import Colouring
from explorer.ui.widgets.map_view.component import read_pick
from explorer.ui.widgets.map_view.scene import Places, make_scene

PLACES = Places.of(np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=np.float32))
SCENE = make_scene(PLACES, Colouring("g", groups=["a", "b", "a", "c"]))
MAP = {"map": PLACES.content.key}
LOWER = [[-100, -100], [70_000, -100], [70_000, 30_000], [-100, 30_000]]


def test_a_lasso_picks_the_points_inside_it():
    points, mode = read_pick(MAP | {"mode": "add", "polygon": LOWER}, SCENE)
    assert points.tolist() == [0, 1]
    assert mode == "add"


def test_a_lasso_leaves_out_points_that_the_legend_hides():
    whole = [[-9, -9], [70_000, -9], [70_000, 70_000], [-9, 70_000]]
    for hidden, shown in (([1], [1, 3]), ([2, 3], [0, 2]), ([], [0, 1, 2, 3]), ([0, 9], [0, 1, 2, 3])):
        points, _ = read_pick(MAP | {"mode": "replace", "polygon": whole, "hidden": hidden}, SCENE)
        assert points.tolist() == shown


def test_what_was_picked_on_another_map_is_not_taken_for_rows_of_this_one():
    for other in ({}, {"map": "another"}, {"map": None}):
        assert read_pick(other | {"mode": "replace", "polygon": LOWER}, SCENE) is None
        assert read_pick(other | {"mode": "replace", "point": 1}, SCENE) is None


def test_a_click_picks_the_point_that_was_sent_under_its_number():
    for number in range(4):
        points, mode = read_pick(MAP | {"mode": "replace", "point": number}, SCENE)
        assert points.tolist() == [PLACES.order[number]]
        assert mode == "replace"


def test_nothing_can_be_picked_too():
    points, mode = read_pick(MAP | {"mode": "none"}, SCENE)
    assert len(points) == 0
    assert mode == "none"


@pytest.mark.parametrize(
    "event",
    [
        None,
        "lasso",
        [],
        {},
        {"mode": "erase", "polygon": LOWER},
        {"mode": "replace"},
        {"mode": "replace", "point": 4},
        {"mode": "replace", "point": -1},
        {"mode": "replace", "point": True},
        {"mode": "replace", "point": "1"},
        {"mode": "replace", "polygon": LOWER[:2]},
        {"mode": "replace", "polygon": "abc"},
        {"mode": "replace", "polygon": [1, 2, 3]},
        {"mode": "replace", "polygon": [[1, 2], [3], [4, 5]]},
        {"mode": "replace", "polygon": [["a", "b"]] * 3},
        {"mode": "replace", "polygon": [[1, float("nan")]] * 3},
        {"mode": "replace", "polygon": [[0, 0]] * 5_001},
        {"mode": "replace", "polygon": [[10**400, 1]] * 3},
        {"mode": "replace", "polygon": LOWER, "hidden": "no"},
        {"mode": ["replace"], "polygon": LOWER},
    ],
)
def test_what_a_browser_should_not_send_picks_nothing(event):
    assert read_pick(MAP | event if isinstance(event, dict) else event, SCENE) is None
