import io

import numpy as np
import pytest
from PIL import Image

from explorer.share.map.palette import GREY, HUES, rgb
from explorer.ui.widgets.map_view.picture import picture


def pixels(coordinates, hues, **size):
    file = picture(np.asarray(coordinates, np.float32), np.asarray(hues), **size)
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGBA"))


def test_points_are_drawn_in_their_colours_and_the_ground_stays_clear():
    drawn = pixels([[0, 0], [1, 0], [0, 1], [1, 1]], [0, 1, 2, -1], width=60, height=40)
    assert drawn.shape == (40, 60, 4)
    inked = drawn[drawn[..., 3] > 0]
    assert {tuple(colour[:3]) for colour in inked.tolist()} == {*map(rgb, HUES[:3]), rgb(GREY)}
    assert 0 < len(inked) < 0.5 * drawn[..., 3].size


def test_the_second_axis_goes_up():
    drawn = pixels([[0, 0], [0, 1]], [0, 1], width=40, height=40)
    low, high = (
        np.flatnonzero((drawn[..., :3] == rgb(hue)).all(-1) & (drawn[..., 3] > 0)) // 40 for hue in HUES[:2]
    )
    assert high.max() < low.min()


def test_where_points_overlap_their_colours_are_mixed_and_stronger():
    alone, both = (pixels([[0, 0]] * count, list(range(count)), width=20, height=20) for count in (1, 2))
    place = (10, 10)
    assert both[place][3] > alone[place][3]
    assert np.allclose(both[place][:3], np.mean([rgb(HUES[0]), rgb(HUES[1])], axis=0), atol=1)


@pytest.mark.parametrize("count", [1, 2, 5000])
def test_equal_points_and_strays_do_not_break_it(count):
    coordinates = np.zeros((count, 2))
    coordinates[-1] = 1e6 if count > 2 else 0
    drawn = pixels(coordinates, np.full(count, 99), width=50, height=30)
    assert drawn[..., 3].any()
    assert {tuple(colour[:3]) for colour in drawn[drawn[..., 3] > 0].tolist()} == {rgb(GREY)}
