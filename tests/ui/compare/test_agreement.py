"""What the heatmap of agreement shows, by figures that are known."""

import numpy as np
import plotly.colors
import pytest

from explorer.comparison.agreement.agreement import JACCARD
from explorer.comparison.agreement.calibration import Agreement
from explorer.ui.compare.agreement import agreement_figure, agreement_table, text_colour

NAMES = ("<b>one</b>", "two", "three")


def agreement():
    value = np.array([[1, 0.6, np.nan], [0.6, 1, 0.2], [np.nan, 0.2, 1]])
    chance = np.array([[np.nan, 0.1, np.nan], [0.1, np.nan, 0.05], [np.nan, 0.05, np.nan]])
    calibrated = np.array([[1, 0.5, np.nan], [0.5, 1, -0.1], [np.nan, -0.1, 1]])
    return Agreement(JACCARD, value, chance, np.full((3, 3), 0.01), calibrated, 40)


def told(figure):
    return np.array(figure.data[0].text)


def test_cells_have_the_value_and_chance_or_the_calibrated_value_and_the_value():
    by_value = told(agreement_figure(agreement(), NAMES, beyond_chance=False))
    assert "0.60" in by_value[0, 1]
    assert "chance 0.10" in by_value[0, 1]
    assert by_value[0, 2] == "–"
    assert "<b>1.00</b></span>" in by_value[0, 0]
    calibrated = told(agreement_figure(agreement(), NAMES, beyond_chance=True))
    assert "<b>−0.10</b>" in calibrated[1, 2]
    assert "value 0.20" in calibrated[1, 2]


def test_names_are_escaped_and_clickable_points_are_in_the_order_of_cells():
    figure = agreement_figure(agreement(), NAMES, beyond_chance=False)
    points = figure.data[1]
    assert "&lt;b&gt;one" in points.text[0]
    assert "<b>one" not in "".join([*points.text, *figure.layout.xaxis.ticktext])
    assert list(zip(points.y, points.x, strict=True)) == [(at // 3, at % 3) for at in range(9)]


def test_pairs_are_listed_by_their_value_and_those_without_one_come_last():
    table = agreement_table(agreement(), NAMES)
    assert list(zip(*table.select(["first", "second"]).to_pydict().values(), strict=True)) == [
        ("two", "three"),
        ("<b>one</b>", "two"),
        ("<b>one</b>", "three"),
    ]
    assert table["beyond chance"].to_pylist()[:2] == [-0.1, 0.5]


@pytest.mark.parametrize("value", np.linspace(0, 1, 41))
def test_figures_have_a_contrast_of_4_5_on_every_cell(value):
    behind = plotly.colors.sample_colorscale("Cividis", [value], colortype="tuple")[0]
    ink = 0.0 if text_colour(value) == "#000000" else 1.0
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in behind]
    light = float(np.dot(linear, [0.2126, 0.7152, 0.0722]))
    assert (max(light, ink) + 0.05) / (min(light, ink) + 0.05) >= 4.5
