import numpy as np
import pytest

from explorer.ui.widgets.map_view.component import read_pick
from explorer.ui.widgets.map_view.scene import Places

PLACES = Places.of(np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=np.float32))
LOWER = [[-100, -100], [70_000, -100], [70_000, 30_000], [-100, 30_000]]


def test_a_lasso_picks_the_points_inside_it():
    points, mode = read_pick({"mode": "add", "polygon": LOWER}, PLACES)
    assert points.tolist() == [0, 1]
    assert mode == "add"


def test_a_click_picks_the_point_that_was_sent_under_its_number():
    for number in range(4):
        points, mode = read_pick({"mode": "replace", "point": number, "polygon": []}, PLACES)
        assert points.tolist() == [PLACES.order[number]]
        assert mode == "replace"


def test_nothing_can_be_picked_too():
    points, mode = read_pick({"mode": "none", "polygon": []}, PLACES)
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
        {"mode": ["replace"], "polygon": LOWER},
    ],
)
def test_what_a_browser_should_not_send_picks_nothing(event):
    assert read_pick(event, PLACES) is None
