"""What the forest plot and the scorecard show of a comparison, by figures that are known."""

import html
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from explorer.comparison.comparison import Comparison
from explorer.comparison.health.costs import MEASURES as COSTS
from explorer.comparison.measure import Measure, UnitValues, WholeValues
from explorer.comparison.numbers import NO_INTERVAL
from explorer.comparison.scores import measured_intervals
from explorer.comparison.statistics.differences import differences
from explorer.comparison.statistics.verdict import verdict
from explorer.ui.compare import differences as drawn
from explorer.ui.compare import scorecard

FOUND = Measure("hits", "labels", True, "Whether the row was found.")
NAMES = ["<b>good</b>", "as good", "bad"]


def comparison(groups=200):
    rng = np.random.default_rng(0)
    good = (rng.random(200) < 0.8).astype(float)
    bad = np.where(rng.random(200) < 0.5, good, 0.0)
    values = UnitValues(FOUND, np.array([good, good, bad]), np.arange(200), np.arange(200) % groups)
    found = differences([values])
    return Comparison(
        contenders=tuple(SimpleNamespace(name=name) for name in NAMES),
        k=10,
        seed=0,
        sample=np.arange(200),
        groups=np.arange(200),
        values=(values,),
        found=found,
        intervals=(measured_intervals(values),),
        agreements={},
        neighbors=np.empty((3, 200, 0), np.int64),
        verdict=verdict(NAMES, [values], found),
        row_agreement=SimpleNamespace(),
    )


def test_the_best_is_compared_with_the_others_and_comes_first():
    lines = drawn._lines(comparison(), FOUND, only_leader=True)
    assert [(line.first, line.second, line.words) for line in lines] == [
        (NAMES[0], "bad", "differs"),
        (NAMES[0], "as good", "cannot tell apart"),
    ]
    assert lines[0].low < lines[0].difference < lines[0].high
    assert lines[0].low > 0


def test_all_pairs_are_shown_with_the_better_one_first():
    lines = drawn._lines(comparison(), FOUND, only_leader=False)
    assert len(lines) == 3
    assert all(line.difference >= 0 for line in lines)


def test_a_forest_plot_says_in_words_what_it_shows_and_escapes_names():
    figure = drawn.forest_plot(drawn._lines(comparison(), FOUND, only_leader=True), FOUND.name)
    told = [annotation.text for annotation in figure.layout.annotations]
    assert html.escape(NAMES[0]) in told[0]
    assert "<b>good" not in told[0]
    assert "p < 0.001: <b>differs</b>" in told[0]
    assert "cannot tell apart" in told[1]
    shapes = [trace.marker.symbol for trace in figure.data if len(trace.x)]
    assert shapes == ["circle", "diamond-open"]  # not by colour alone


def test_a_forest_plot_has_zero_on_its_axis_and_names_in_its_margin_or_above_the_lines_of_a_phone():
    lines = drawn._lines(comparison(), FOUND, only_leader=False)
    assert min(line.low for line in lines if line.words == "differs") > 0
    for narrow in (False, True):
        figure = drawn.forest_plot(lines, FOUND.name, narrow=narrow)
        low, high = figure.layout.xaxis.range
        assert low < 0 < max(line.high for line in lines) < high
        assert 0 in figure.layout.xaxis.tickvals
        assert {note.xanchor for note in figure.layout.annotations} == {"left" if narrow else "right"}
        zero = [shape for shape in figure.layout.shapes if shape.x0 == shape.x1 == 0]
        assert len(zero) == (len(lines) if narrow else 1)


@pytest.mark.parametrize(("low", "high"), [(-0.01, 0.027), (0.0, 0.26), (-0.4, -0.1), (0.0, 0.0), (-80, 3)])
def test_ticks_are_few_round_and_have_zero(low, high):
    ticks = drawn.ticks_with_zero(low, high)
    assert 0 in ticks
    assert len(ticks) <= 7
    assert min(low, 0) <= ticks[0]
    assert ticks[-1] <= max(high, 0)
    steps = np.diff(ticks)
    if len(steps):
        assert len(ticks) >= 3
        np.testing.assert_allclose(steps, steps[0])
        assert float(f"{steps[0]:.0e}") == pytest.approx(steps[0])


def test_the_scorecard_marks_who_shares_the_first_rank():
    found = comparison()
    table = scorecard._table(found, [FOUND], found.scores())
    assert table.count("★ 1st") == 2
    assert table.count("3rd") == 1
    assert "<b>good" not in table
    assert FOUND.meaning in table


def test_nothing_is_marked_where_nobody_differs():
    found = comparison()
    good = found.values[0].values[0]
    same = UnitValues(FOUND, np.array([good, good, good]), np.arange(200), np.arange(200))
    equal = Comparison(**{**vars(found), "values": (same,), "found": differences([same])})
    table = scorecard._table(equal, [FOUND], equal.scores())
    assert "★" not in table
    assert table.count("1st") == 3


def test_where_there_are_too_few_groups_a_dash_says_why_and_nobody_is_better():
    few = comparison(groups=5)
    figure = drawn.forest_plot(drawn._lines(few, FOUND, only_leader=True), FOUND.name)
    for annotation in figure.layout.annotations:
        assert "(–)" in annotation.text
        assert "too few units to tell" in annotation.text
        assert annotation.hovertext == NO_INTERVAL
    table = scorecard._table(few, [FOUND], few.scores())
    assert table.count(f'<span title="{NO_INTERVAL}" style="cursor: help">–</span>') == 3
    assert "★" not in table
    assert few.verdict.best == tuple(NAMES)
    figure = drawn.forest_plot(drawn._lines(comparison(), FOUND, only_leader=True), FOUND.name)
    # The second line is of one that is as good in each row: a bootstrap of equal values has no width.
    assert [annotation.hovertext for annotation in figure.layout.annotations] == [None, NO_INTERVAL]


def test_what_is_no_better_than_chance_has_no_rank_and_no_star():
    found = comparison()
    for chance, ranked in ((0.55, 2), (0.95, 0)):
        measure = replace(FOUND, chance=chance)
        values = replace(found.values[0], measure=measure)
        against = Comparison(**{**vars(found), "values": (values,), "found": differences([values])})
        table = scorecard._table(against, [measure], against.scores())
        assert table.count("★ 1st") == ranked
        assert table.count("no better than chance") == 3 - ranked
        assert "3rd" not in table
        assert ("★" in scorecard._legend(against, [measure], against.scores())) == (ranked > 0)
        assert against.scorecard["rank"].isna().sum() == 3 - ranked


def test_a_speed_that_was_not_measured_is_told_from_one_that_there_is_not():
    found = comparison()
    speed = COSTS["rows_per_second"]
    values = tuple(
        WholeValues(measure, np.array(figures))
        for measure, figures in ((COSTS["dims"], [384, 16, np.nan]), (speed, [np.nan, 65, np.nan]))
    )
    ends = tuple(map(measured_intervals, values))
    stored = Comparison(**{**vars(found), "values": values, "intervals": ends})
    table = scorecard._table(stored, [speed], stored.scores())
    assert table.count(">not measured<") == 1
    assert table.count("It does not have this measure.") == 1
    assert "vectors were stored" in scorecard._legend(stored, [speed], stored.scores())
    assert "vectors were stored" not in scorecard._legend(stored, [COSTS["dims"]], stored.scores())


def test_a_measure_on_no_common_scale_has_no_arrow():
    assert "↑" in scorecard._title(FOUND)
    assert "↑" not in scorecard._title(replace(FOUND, comparable=False))
    assert "Higher" not in scorecard._about(replace(FOUND, comparable=False))
