import json

import numpy as np
import pytest

from explorer.comparison.clusters.matching import flows
from explorer.ui.compare.flow_figure import drawn_flows, flow_figure

HOSTILE = "<b>x</b>"
FIRST = np.array([0, 0, 0, 1, 1, 2])
SECOND = np.array([0, 0, 1, 1, 1, 3])
NAMES = ({0: "1. refund", 1: "2. login", 2: "3"}, {0: "1. money", 1: "2. code", 3: "4. parcel"})


def test_flows_go_from_the_clusters_of_one_to_those_of_the_other_in_the_colours_of_their_numbers():
    drawn = flow_figure(flows(FIRST, SECOND), ("a", "b"), NAMES).data[0]
    labels = list(drawn.node.customdata)
    assert labels == ["1. refund", "2. login", "3", "1. money", "2. code", "4. parcel"]
    sent = {
        (labels[source], labels[target]): value
        for source, target, value in zip(drawn.link.source, drawn.link.target, drawn.link.value, strict=True)
    }
    assert sent == {
        ("1. refund", "1. money"): 2,
        ("1. refund", "2. code"): 1,
        ("2. login", "2. code"): 2,
        ("3", "4. parcel"): 1,
    }
    colours = dict(zip(labels, drawn.node.color, strict=True))
    assert colours["1. refund"] == colours["1. money"]
    assert colours["2. login"] == colours["2. code"]
    assert len(set(colours.values())) == 4


def test_names_are_escaped_and_shorter_on_a_phone():
    names = ({0: f"1. {HOSTILE} {'long ' * 20}"}, {0: HOSTILE})
    table = flows(np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64))
    wide = flow_figure(table, (HOSTILE, HOSTILE), names)
    narrow = flow_figure(table, (HOSTILE, HOSTILE), names, narrow=True)
    for drawn in (wide, narrow):
        assert HOSTILE not in json.dumps(drawn.to_plotly_json(), default=str)
    assert len(narrow.layout.annotations[0].text) < len(wide.layout.annotations[0].text)
    assert narrow.layout.margin.l < wide.layout.margin.l


def test_names_are_outside_beside_their_nodes_and_do_not_touch():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 12, 500), rng.integers(0, 9, 500)
    names = tuple({at: f"{at + 1}. word" for at in range(count)} for count in (12, 9))
    drawn = flow_figure(flows(first, second), ("a", "b"), names)
    height = drawn.layout.height - drawn.layout.margin.t - drawn.layout.margin.b
    for side, anchor in ((0, "right"), (1, "left")):
        notes = [note for note in drawn.layout.annotations if note.x == side and "word" in note.text]
        assert {note.xanchor for note in notes} == {anchor}
        node = drawn.data[0].node
        middles = [y for x, y in zip(node.x, node.y, strict=True) if round(x) == side]
        np.testing.assert_allclose([note.y for note in notes], 1 - np.array(middles))
        assert np.diff(middles).min() * height >= 18
    tall = (height - 18 * 11) / 500  # pixels a row, as the side with more clusters has it
    assert node.y[0] * height == pytest.approx(tall * np.bincount(first).max() / 2)
    assert [note.text for note in drawn.layout.annotations[:2]] == [
        f"{at + 1}. word" for at in np.argsort(-np.bincount(first), kind="stable")[:2]
    ]


def test_of_very_many_flows_the_largest_are_drawn_and_every_cluster_has_one():
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 12, 2_000), rng.integers(0, 12, 2_000)
    first[:3], second[:3] = 12, 12
    table = flows(first, second)
    drawn = drawn_flows(table)
    assert 40 <= len(drawn) < 60 < len(table)
    assert drawn["rows"].tolist()[:40] == table["rows"].tolist()[:40]
    assert set(drawn["first"]) == set(drawn["second"]) == set(range(13))
    small = flows(FIRST, SECOND)
    assert len(drawn_flows(small)) == len(small)
