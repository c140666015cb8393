import numpy as np
import pytest

from explorer.share.map.colouring import Colouring
from explorer.share.map.positions import Positions
from explorer.ui.widgets.map_view.events import View, read_pick, read_point, read_view
from tests.share.map.scenes import scene_of

POSITIONS = Positions.of(np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=np.float32))
SCENE = scene_of(POSITIONS, Colouring("g", groups=["a", "b", "a", "c"]))
MAP = {"map": POSITIONS.key, "colours": SCENE.colours.key}
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
        assert points.tolist() == [POSITIONS.order[number]]
        assert mode == "replace"


def test_a_group_is_picked_in_the_legend():
    assert read_pick(MAP | {"mode": "replace", "entry": 1}, SCENE)[0].tolist() == [0, 2]
    assert read_pick(MAP | {"mode": "add", "entry": 7}, SCENE)[0].tolist() == []
    assert read_pick(MAP | {"mode": "add", "entry": "1"}, SCENE) is None
    plain = scene_of(POSITIONS, Colouring(""))
    assert read_pick(MAP | {"mode": "replace", "entry": 0}, plain)[0].tolist() == []


def test_nothing_can_be_picked_too():
    points, mode = read_pick(MAP | {"mode": "none"}, SCENE)
    assert len(points) == 0
    assert mode == "none"


def test_to_invert_are_the_points_that_are_shown():
    assert read_pick(MAP | {"mode": "invert"}, SCENE)[0].tolist() == [0, 1, 2, 3]
    assert read_pick(MAP | {"mode": "invert", "hidden": [1]}, SCENE)[0].tolist() == [1, 3]


def test_entries_hidden_of_other_colours_hide_nothing():
    other = scene_of(POSITIONS, Colouring("g", groups=["x", "y", "x", "z"]))
    assert other.colours.key != SCENE.colours.key
    told = MAP | {"mode": "invert", "hidden": [1], "box": [0, 0, 9, 9]}
    assert read_pick(told, other)[0].tolist() == [0, 1, 2, 3]
    assert read_view(told, other).hidden == ()
    again = scene_of(POSITIONS, Colouring("g", groups=["a", "b", "a", "c"]))
    assert read_view(told, again).hidden == (1,)


def test_a_lasso_on_the_second_map_or_on_the_way_to_it_picks_by_the_places_there():
    first = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=np.float32)
    positions = Positions.of(first, first[::-1])
    scene = scene_of(positions, Colouring(""))
    lasso = {"map": positions.key, "mode": "replace", "polygon": LOWER}
    assert read_pick(lasso | {"at": 0}, scene)[0].tolist() == [0, 1]
    assert read_pick(lasso | {"at": 0.9}, scene)[0].tolist() == [2, 3]
    assert read_pick(lasso | {"at": 1}, scene)[0].tolist() == [2, 3]
    for place in (-1, 1.1, "1", None, float("nan"), True, 10**400):
        assert read_pick(lasso | {"at": place}, scene) is None


def test_a_view_is_read_and_anything_else_is_not():
    told = MAP | {"box": [0, 1, 2.5, 3], "at": 0, "hidden": [1, 300, -2]}
    assert read_view(told, SCENE) == View((0.0, 1.0, 2.5, 3.0), 0.0, (1,))
    for wrong in (
        {"map": "another"},
        {"box": [0, 1, 2]},
        {"box": [0, 1, 2, "3"]},
        {"box": [0, 1, 2, float("inf")]},
        {"box": [5, 1, 2, 3]},
        {"box": "abcd"},
        {"at": 7},
        {"hidden": ["a"]},
        {"hidden": 1},
    ):
        assert read_view(told | wrong, SCENE) is None
    assert read_view(None, SCENE) is None


def test_a_point_is_read_by_the_number_under_which_it_was_sent():
    for number in range(4):
        assert read_point(MAP | {"point": number}, POSITIONS) == POSITIONS.order[number]
    for number in (4, -1, "1", None, 1.0):
        assert read_point(MAP | {"point": number}, POSITIONS) is None


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
        {"mode": "replace", "polygon": LOWER, "at": 1},
    ],
)
def test_what_a_browser_should_not_send_picks_nothing(event):
    assert read_pick(MAP | event if isinstance(event, dict) else event, SCENE) is None
