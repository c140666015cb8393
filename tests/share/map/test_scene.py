import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from explorer.share.map.colouring import Colouring
from explorer.share.map.content import Content
from explorer.share.map.map_names import densest
from explorer.share.map.palette import GREY, HUES, rgb, scale_colours
from explorer.share.map.point_colours import point_colours
from explorer.share.map.positions import Positions, inside_polygon
from explorer.share.map.scene import bits
from tests.share.map.scenes import scene_of


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


def test_scales_of_numbers_stand_out_from_their_ground_high_numbers_most():
    for shades, ground in zip(scale_colours(254), ("#FFFFFF", "#191814"), strict=True):
        found = np.array([contrast(shade, ground) for shade in shades])
        assert found.min() >= 3
        assert (np.diff(found) > -0.06).all()  # colours are rounded
        assert found[-1] > 12
        assert len(set(shades)) > 120


def random_positions(count, seed=0):
    coordinates = np.random.default_rng(seed).normal(size=(count, 2)).astype(np.float32)
    return coordinates, Positions.of(coordinates)


def test_places_keep_the_shape_of_the_map_and_each_point_its_place():
    coordinates, positions = random_positions(1000)
    spans = np.ptp(positions.units[0].astype(int), axis=0) / np.ptp(coordinates, axis=0)
    assert spans[0] == pytest.approx(spans[1], rel=1e-3)
    np.testing.assert_allclose(positions.placed(coordinates), positions.units[0], atol=1)
    sent = np.frombuffer(positions.contents[0].value, dtype="<u2").reshape(-1, 2)
    np.testing.assert_array_equal(sent[np.argsort(positions.order)], positions.units[0])
    assert sorted(positions.order.tolist()) == list(range(1000))


@pytest.mark.parametrize("count", [1, 2, 13])
def test_few_or_equal_points_are_all_in_the_first_view(count):
    for coordinates in (np.zeros((count, 2)), np.random.default_rng(1).normal(size=(count, 2))):
        positions = Positions.of(coordinates.astype(np.float32))
        left, bottom, right, top = positions.home
        assert (positions.units[0] >= [left, bottom]).all()
        assert (positions.units[0] <= [right, top]).all()
        assert right > left
        assert top > bottom


def test_a_few_strays_do_not_make_everything_else_small():
    coordinates, _ = random_positions(10_000)
    coordinates[:10] *= 1000
    positions = Positions.of(coordinates)
    left, bottom, right, top = positions.home
    inside = ((positions.units[0] >= [left, bottom]) & (positions.units[0] <= [right, top])).all(axis=1)
    assert inside.mean() > 0.95
    width = np.ptp(positions.units[0][inside].astype(int), axis=0).min()
    assert width > 0.8 * (right - left)


def test_the_beginning_of_the_points_is_a_fair_sample():
    _, positions = random_positions(100_000)
    part = positions.units[0][positions.order[:5000]].astype(float)
    whole = positions.units[0].astype(float)
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
    colours = point_colours(Colouring("group", groups=groups))
    assert colours.legend.pop() == {"entry": 0, "name": "(none)", "count": 4, "colour": GREY}
    assert [group["name"] for group in colours.legend] == [f"g{number}" for number in range(15)]
    assert [group["count"] for group in colours.legend] == [30 - number for number in range(15)]
    assert [group["colour"] for group in colours.legend] == [*HUES, *[GREY] * 5]
    assert colours.greys == [11, 12, 13, 14, 15]
    assert colours.categories[-1] == 0
    for entry, group in enumerate(colours.legend, start=1):
        assert {groups[place] for place in np.flatnonzero(colours.categories == entry)} == {group["name"]}
        assert colours.palettes[0][entry] == colours.palettes[1][entry] == rgb(group["colour"])


def test_a_given_order_of_groups_is_kept():
    colours = point_colours(Colouring("g", groups=["a", "b", "b", "c", "c", "c"], order=("a", "b", "c")))
    assert [group["name"] for group in colours.legend] == ["a", "b", "c"]


def test_groups_beyond_a_byte_share_one_entry():
    groups = [f"g{number:04}" for number in range(1000)]
    colours = point_colours(Colouring("g", groups=groups))
    assert len(colours.legend) == 255
    assert colours.legend[-1]["name"] == "746 more groups"
    assert colours.legend[-1]["count"] == 746
    assert sum(group["count"] for group in colours.legend) == 1000
    assert [len(palette) for palette in colours.palettes] == [256, 256]


def test_numbers_are_colours_in_their_order_and_missing_ones_grey():
    numbers = np.array([0.6, np.nan, 0.2, 0.4, 1000.0, *np.linspace(0, 1, 500)])
    colours = point_colours(Colouring("cosine", numbers=numbers))
    entries = colours.categories.astype(int)
    assert entries[1] == 0
    assert entries[2] < entries[3] < entries[0] <= entries[4] <= 254
    assert colours.palettes[0][0] == colours.palettes[1][0] == rgb(GREY)
    none = point_colours(Colouring("cosine", numbers=np.full(5, np.nan)))
    assert not none.categories.any()
    assert none.scale is None


def test_one_colour_sends_no_categories():
    _, positions = random_positions(5)
    scene = scene_of(positions, Colouring(""))
    assert scene.categories is None
    assert json.loads(scene.description.value)["legend"] == []


def test_names_stand_among_their_groups_and_stay_text():
    coordinates = np.array([[0, 0], [0, 0.2], [0, 0.1], [10, 10]], dtype=np.float32)
    positions = Positions.of(coordinates)
    hostile = "</script><b>x</b>\ud800"
    scene = scene_of(positions, Colouring("g", groups=[hostile] * 3 + ["b"]))
    described = json.loads(scene.description.value)
    first, second = described["names"]
    assert first["name"].startswith("</script><b>")  # drawn as text, by fillText and textContent
    assert first["places"] == [positions.units[0][2].tolist()]
    assert second["places"] == [positions.units[0][3].tolist()]
    many = scene_of(positions, Colouring("g", groups=[*"abcd"]))
    assert len(json.loads(many.description.value)["names"]) == 4


def test_groups_that_are_too_many_to_be_names_of_places_have_none():
    _, positions = random_positions(122)
    for count, named in ((60, 60), (61, 0)):
        groups = [f"g{row % count}" for row in range(122)]
        assert (
            len(json.loads(scene_of(positions, Colouring("g", groups=groups)).description.value)["names"])
            == named
        )


def test_a_name_stands_on_the_largest_clump_of_its_group_not_between_two():
    random = np.random.default_rng(0)
    clumps = [random.normal((x, x), 100, (n, 2)) for x, n in ((5_000, 30), (60_000, 20))]
    x, y = densest(np.concatenate(clumps).astype(np.uint16))
    assert abs(x - 5_000) < 200
    assert abs(y - 5_000) < 200
    assert densest(np.array([[65_535, 0]], dtype=np.uint16)) == (65_535, 0)


def test_several_maps_have_one_scale_one_order_and_one_first_view():
    first, second = (
        np.random.default_rng(seed).normal(size=(500, 2)) * size for seed, size in ((0, 1), (1, 3))
    )
    positions = Positions.of(first, second)
    assert positions.units.shape == (2, 500, 2)
    spans = [
        np.ptp(units.astype(int), axis=0) / np.ptp(points, axis=0)
        for units, points in zip(positions.units, (first, second), strict=True)
    ]
    np.testing.assert_allclose(spans[0], spans[1], rtol=1e-3)
    left, bottom, right, top = positions.home
    for units in positions.units:
        inside = ((units >= [left, bottom]) & (units <= [right, top])).all(axis=1)
        assert inside.mean() > 0.95
    assert positions.key != Positions.of(second, first).key
    assert positions.key == Positions.of(first, second).key


def test_points_on_their_way_from_one_map_to_the_next():
    positions = Positions.of(
        np.array([[0.0, 0], [1, 1]]), np.array([[1.0, 1], [0, 1]]), np.array([[0.5, 0], [0, 0]])
    )
    for place in range(3):
        np.testing.assert_array_equal(positions.on_map(place), positions.units[place])
    halfway = (positions.units[1].astype(int) + positions.units[2]) / 2
    np.testing.assert_allclose(positions.on_map(1.5), halfway, atol=1)
    whole = np.array([[-9.0, 30_000], [70_000, 30_000], [70_000, 70_000], [-9, 70_000]])
    assert [positions.inside(whole, place).tolist() for place in (0, 1, 2)] == [[1], [0, 1], []]


@given(selected=st.lists(st.booleans(), min_size=1, max_size=70))
def test_bits_say_which_points_are_selected_in_the_order_in_which_they_are_sent(selected):
    mask = np.array(selected)
    order = np.random.default_rng(0).permutation(len(mask))
    sent = bits(mask, order)
    assert len(sent) == (len(mask) + 7) // 8
    assert [bool(sent[point >> 3] >> (point & 7) & 1) for point in range(len(mask))] == mask[order].tolist()


def test_equal_bytes_have_equal_keys():
    assert Content(b"a").key == Content(b"a").key != Content(b"b").key
