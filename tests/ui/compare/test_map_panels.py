import json

import numpy as np
import pytest

from explorer.ui.compare.map_panels import Panel, panels_figure
from explorer.ui.widgets.colouring import Colouring
from explorer.ui.widgets.map_points import trace_rows

HOSTILE = "</script><script>window.hurt=1</script><b>x</b>"
ROWS = np.arange(100, 140)
GROUPS = Colouring("kind", groups=[f"g{row % 3}" for row in range(40)])


def panels(count):
    rng = np.random.default_rng(0)
    return [Panel(f"map {at}", rng.normal(size=(40, 2))) for at in range(count)]


@pytest.mark.parametrize(("count", "across"), [(1, 1), (2, 2), (3, 3), (4, 2)])
def test_up_to_four_maps_have_panels_of_one_section_with_one_legend(count, across):
    drawn = panels_figure(panels(count), ROWS, GROUPS, ["text"] * 40)
    axes = list(drawn.select_xaxes())
    assert len(axes) == count
    assert len({axis.domain for axis in axes}) == across
    assert [axis.matches for axis in axes] == [None] + ["x"] * (count - 1)
    assert len({tuple(axis.range) for axis in axes}) == 1
    assert sum(trace.showlegend for trace in drawn.data) == 3
    groups = {(trace.legendgroup, trace.name) for trace in drawn.data}
    assert sorted(name for _, name in groups) == ["g0", "g1", "g2"]
    assert len({group for group, _ in groups}) == 3
    narrow = panels_figure(panels(count), ROWS, GROUPS, ["text"] * 40, narrow=True)
    assert len({axis.domain for axis in narrow.select_xaxes()}) == 1


def test_points_are_at_the_same_scale_in_every_panel():
    maps = panels(3)
    drawn = panels_figure(maps, ROWS, GROUPS, ["text"] * 40)
    places = {}
    for trace, rows in zip(drawn.data, trace_rows(drawn), strict=True):
        points = np.stack([trace.x, trace.y], axis=1).astype(float)
        places.setdefault(trace.xaxis, {}).update(zip(rows.tolist(), points, strict=True))
    shown = np.concatenate([[own[row] for row in ROWS.tolist()] for own in places.values()])
    wanted = np.concatenate([each.coordinates for each in maps])
    scale = np.ptp(shown, axis=0) / np.ptp(wanted, axis=0)
    assert scale[0] == pytest.approx(scale[1], rel=1e-3)
    np.testing.assert_allclose(shown - shown[0], (wanted - wanted[0]) * scale[0], atol=2)


def test_one_selected_row_is_ringed_and_several_are_highlighted_in_every_panel():
    one = panels_figure(panels(2), ROWS, GROUPS, ["text"] * 40, selected=ROWS[:1])
    rings = [trace for trace in one.data if trace.customdata is None]
    assert {trace.xaxis for trace in rings} == {"x", "x2"}
    assert all(len(trace.x) == 1 for trace in rings)
    several = panels_figure(panels(2), ROWS, GROUPS, ["text"] * 40, selected=np.array([3, 101, 120]))
    assert all(trace.customdata is not None for trace in several.data)
    for axis in ("x", "x2"):
        chosen = [
            int(row)
            for trace, rows in zip(several.data, trace_rows(several), strict=True)
            if trace.xaxis == axis
            for row in rows[trace.selectedpoints]
        ]
        assert sorted(chosen) == [101, 120]


def test_numbers_have_one_scale():
    drawn = panels_figure(panels(2), ROWS, Colouring("n", numbers=np.arange(40.0)), ["text"] * 40)
    assert [trace.marker.showscale for trace in drawn.data] == [True, False]


def test_texts_that_are_too_large_for_all_panels_are_not_sent():
    long = ["x" * 90] * 4_000
    rows, colouring = np.arange(4_000), Colouring("")
    made = [Panel("a", np.random.default_rng(at).normal(size=(4_000, 2))) for at in range(2)]
    assert all(trace.text is not None for trace in panels_figure(made[:1], rows, colouring, long).data)
    assert all(trace.text is None for trace in panels_figure(made, rows, colouring, long).data)


def test_hostile_names_and_texts_are_escaped():
    colouring = Colouring(HOSTILE, groups=[HOSTILE] * 40)
    made = [Panel(HOSTILE, each.coordinates) for each in panels(2)]
    drawn = panels_figure(made, ROWS, colouring, [HOSTILE] * 40)
    assert "<b>x</b>" not in json.dumps(drawn.to_plotly_json(), default=str)
    assert "<script>window.hurt" not in drawn.to_html(include_plotlyjs=False)
