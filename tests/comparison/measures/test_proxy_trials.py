"""What the page says of its proxies is what the benchmark recorded last."""

import json

import pytest

from explorer.comparison.measures.proxy_trials import CORPORA, TRIALS
from explorer.comparison.measures.two_view import MASKED_MEASURES
from tests.conftest import ROOT


def recorded():
    lines = (ROOT / "benchmarks/results.jsonl").read_text(encoding="utf-8").splitlines()
    runs = [json.loads(line) for line in lines]
    return [run["figures"] for run in runs if run["benchmark"] == "proxies"][-1]


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.proxy)
def test_a_trial_is_the_recorded_one(trial):
    figures = recorded()
    for name in ("share", "low", "high"):
        assert getattr(trial, name) == round(figures[f"{trial.proxy}, {name}"], 2)
    assert trial.low > 0.5  # a proxy that may be no better than a coin is not shown


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.proxy)
def test_a_trial_is_that_of_the_decision(trial):
    decision = (ROOT / "docs/decisions/0023-measures.md").read_text(encoding="utf-8")
    line = next(line for line in decision.splitlines() if line.startswith(f"| {trial.proxy} |"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert float(cells[1]) == trial.share
    assert int(cells[3]) == trial.pairs
    assert tuple(float(cell) for cell in cells[-len(CORPORA) :]) == trial.by_corpus


def test_every_proxy_that_is_shown_was_tried():
    assert [trial.proxy for trial in TRIALS] == [measure.name for measure in MASKED_MEASURES]
