import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from explorer.ui.widgets.colouring import Colouring
from explorer.ui.widgets.map_view.palette import GREY, HUES, rgb, scale_colours
from explorer.ui.widgets.map_view.scene import Content, Places, bits, inside_polygon, make_scene, paint


def luminance(colour):
    """Relative luminance, as in WCAG 2.2."""
    parts = np.array(rgb(colour)) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(first, second):
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("ground", ["#FFFFFF", "#0E1117"])
def test_every_hue_stands_out_from_both_grounds(ground):
    assert min(contrast(hue, ground) for hue in (*HUES, GREY)) >= 3
    assert len(set(HUES)) == len(HUES)


def test_a_scale_of_numbers_gets_lighter():
    values = [luminance(colour) for colour in scale_colours(254)]
    assert len(set(scale_colours(254))) > 250
    assert (np.diff(values) > -0.002).all()  # colours are rounded


def random_places(count, seed=0):
    coordinates = np.random.default_rng(seed).normal(size=(count, 2)).astype(np.float32)
    return coordinates, Places.of(coordinates)


def test_places_keep_the_shape_of_the_map_and_each_point_its_place():
    coordinates, places = random_places(1000)
    spans = np.ptp(places.units.astype(int), axis=0) / np.ptp(coordinates, axis=0)
    assert spans[0] == pytest.approx(spans[1], rel=1e-3)
    np.testing.assert_allclose(places.placed(coordinates), places.units, atol=1)
    sent = np.frombuffer(places.content.value, dtype="<u2").reshape(-1, 2)
    np.testing.assert_array_equal(sent[np.argsort(places.order)], places.units)
    assert sorted(places.order.tolist()) == list(range(1000))


@pytest.mark.parametrize("count", [1, 2, 13])
def test_few_or_equal_points_are_all_in_the_first_view(count):
    for coordinates in (np.zeros((count, 2)), np.random.default_rng(1).normal(size=(count, 2))):
        places = Places.of(coordinates.astype(np.float32))
        left, bottom, right, top = places.home
        assert (places.units >= [left, bottom]).all()
        assert (places.units <= [right, top]).all()
        assert right > left
        assert top > bottom


def test_a_few_strays_do_not_make_everything_else_small():
    coordinates, _ = random_places(10_000)
    coordinates[:10] *= 1000
    places = Places.of(coordinates)
    left, bottom, right, top = places.home
    inside = ((places.units >= [left, bottom]) & (places.units <= [right, top])).all(axis=1)
    assert inside.mean() > 0.95
    width = np.ptp(places.units[inside].astype(int), axis=0).min()
    assert width > 0.8 * (right - left)


def test_the_beginning_of_the_points_is_a_fair_sample():
    _, places = random_places(100_000)
    part = places.units[places.order[:5000]].astype(float)
    whole = places.units.astype(float)
    assert abs(part.mean(axis=0) - whole.mean(axis=0)).max() < 4 * whole.std() / np.sqrt(5000)


@given(
    corners=arrays.arrays(np.int64, st.tuples(st.integers(3, 8), st.just(2)), elements=st.integers(0, 30)),
)
def test_points_inside_a_polygon_are_those_whose_ray_crosses_it_an_odd_number_of_times(corners):
    points = np.stack(np.meshgrid(np.arange(31), np.arange(31)), -1).reshape(-1, 2).astype(np.uint16)
    found = inside_polygon(points, corners.astype(float))
    for point, inside in zip(points[::37].tolist(), found[::37].tolist(), strict=True):
        assert inside == crossings_are_odd(point, corners.tolist())


def crossings_are_odd(point, corners):
    """The even-odd rule in whole numbers."""
    x, y = point
    odd = False
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (ay > y) != (by > y):
            # x < ax + (bx - ax) * (y - ay) / (by - ay), multiplied by the divisor
            left, right = (x - ax) * (by - ay), (bx - ax) * (y - ay)
            odd ^= left < right if by > ay else left > right
    return odd


def test_a_line_or_a_point_encloses_nothing():
    points = np.arange(20, dtype=np.uint16).reshape(10, 2)
    assert not inside_polygon(points, np.array([[0.0, 0.0], [9.0, 9.0]])).any()
    assert not inside_polygon(points, np.array([[0.0, 0.0]] * 5)).any()


def test_the_largest_groups_get_hues_and_the_others_grey_with_their_names():
    groups = [f"g{number}" for number in range(15) for _ in range(30 - number)] + [""] * 4
    painted = paint(Colouring("group", groups=groups))
    assert [group["name"] for group in painted.legend] == [f"g{number}" for number in range(15)]
    assert [group["count"] for group in painted.legend] == [30 - number for number in range(15)]
    assert [group["colour"] for group in painted.legend] == [*HUES, *[GREY] * 5]
    assert painted.greys == [11, 12, 13, 14, 15]
    assert painted.categories[-1] == 0
    for entry, group in enumerate(painted.legend, start=1):
        assert {groups[place] for place in np.flatnonzero(painted.categories == entry)} == {group["name"]}
        assert painted.palette[entry] == rgb(group["colour"])


def test_a_given_order_of_groups_is_kept():
    painted = paint(Colouring("g", groups=["a", "b", "b", "c", "c", "c"], order=("a", "b", "c")))
    assert [group["name"] for group in painted.legend] == ["a", "b", "c"]


def test_groups_beyond_a_byte_share_one_entry():
    groups = [f"g{number:04}" for number in range(1000)]
    painted = paint(Colouring("g", groups=groups))
    assert len(painted.legend) == 255
    assert painted.legend[-1]["name"] == "746 more groups"
    assert painted.legend[-1]["count"] == 746
    assert sum(group["count"] for group in painted.legend) == 1000
    assert len(painted.palette) == 256


def test_numbers_are_colours_in_their_order_and_missing_ones_grey():
    numbers = np.array([0.6, np.nan, 0.2, 0.4, 1000.0, *np.linspace(0, 1, 500)])
    painted = paint(Colouring("cosine", numbers=numbers))
    entries = painted.categories.astype(int)
    assert entries[1] == 0
    assert entries[2] < entries[3] < entries[0] <= entries[4] <= 254
    assert painted.palette[0] == rgb(GREY)
    none = paint(Colouring("cosine", numbers=np.full(5, np.nan)))
    assert not none.categories.any()
    assert none.scale is None


def test_one_colour_sends_no_categories():
    _, places = random_places(5)
    scene = make_scene(places, Colouring(""))
    assert scene.categories is None
    assert json.loads(scene.description.value)["legend"] == []


def test_names_stand_at_the_middle_of_their_groups_and_stay_text():
    coordinates = np.array([[0, 0], [0, 2], [0, 1], [10, 10]], dtype=np.float32)
    places = Places.of(coordinates)
    hostile = "</script><b>x</b>\ud800"
    scene = make_scene(places, Colouring("g", groups=[hostile] * 3 + ["b"]))
    described = json.loads(scene.description.value)
    first, second = described["names"]
    assert first["name"].startswith("</script><b>")  # drawn as text, by fillText and textContent
    assert [first["x"], first["y"]] == places.units[2].tolist()
    assert [second["x"], second["y"]] == places.units[3].tolist()
    assert (
        make_scene(places, Colouring("g", groups=list("aabb")), names=False).description != scene.description
    )


@given(chosen=st.lists(st.booleans(), min_size=1, max_size=70))
def test_bits_say_which_points_are_selected_in_the_order_in_which_they_are_sent(chosen):
    mask = np.array(chosen)
    order = np.random.default_rng(0).permutation(len(mask))
    sent = bits(mask, order)
    assert len(sent) == (len(mask) + 7) // 8
    assert [bool(sent[point >> 3] >> (point & 7) & 1) for point in range(len(mask))] == mask[order].tolist()


def test_equal_bytes_have_equal_keys():
    assert Content(b"a").key == Content(b"a").key != Content(b"b").key
