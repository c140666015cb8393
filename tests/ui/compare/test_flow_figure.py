import json

import numpy as np

from explorer.comparison.clusters.matching import flows
from explorer.ui.compare.flow_figure import flow_figure

HOSTILE = "<b>x</b>"
FIRST = np.array([0, 0, 0, 1, 1, 2])
SECOND = np.array([0, 0, 1, 1, 1, 3])
NAMES = ({0: "1. refund", 1: "2. login", 2: "3"}, {0: "1. money", 1: "2. code", 3: "4. parcel"})


def test_flows_go_from_the_clusters_of_one_to_those_of_the_other_in_the_colours_of_their_numbers():
    drawn = flow_figure(flows(FIRST, SECOND), ("a", "b"), NAMES).data[0]
    labels = list(drawn.node.label)
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
    assert len(narrow.data[0].node.label[0]) < len(wide.data[0].node.label[0])
