import textwrap

import pytest

from explorer.hub.card_results import card_figures

CARD = """\
---
tags:
- mteb
model-index:
- name: some-model
  results:
  - task:
      type: STS
    dataset:
      type: mteb/stsbenchmark-sts
      name: MTEB STSBenchmark
      config: default
      split: test
      revision: b0fddb56ed78048fa8b90373c8a3cfc37b684831
    metrics:
    - type: cos_sim_pearson
      value: 82.030
    - type: cos_sim_spearman
      value: 81
  - task: {type: semantic-similarity, name: Semantic Similarity}
    dataset: {name: sts dev, type: sts-dev}
    metrics:
    - {type: spearman_cosine, value: 0.80, name: Spearman Cosine}
    - {type: negative_mse, value: -12.5}
    - {type: broken, value: high}
    - {type: none}
    source: {name: A leaderboard, url: "https://example.org"}
---
# The model
"""


def test_figures_keep_the_digits_that_were_written():
    pearson, spearman, dev, error = card_figures(CARD)
    assert (pearson.dataset, pearson.dataset_id) == ("MTEB STSBenchmark", "mteb/stsbenchmark-sts")
    assert (pearson.config, pearson.split, pearson.task) == ("default", "test", "STS")
    assert (pearson.metric, pearson.written, pearson.source) == ("cos_sim_pearson", "82.030", "model card")
    # Percentages become fractions, with half a unit of the last digit.
    assert (pearson.value, pearson.half_unit) == pytest.approx((0.8203, 0.000005))
    assert (spearman.value, spearman.half_unit) == pytest.approx((0.81, 0.005))
    assert (dev.value, dev.half_unit, dev.split) == (pytest.approx(0.8), pytest.approx(0.005), "")
    assert dev.source == "A leaderboard"
    assert (error.metric, error.value) == ("negative_mse", -12.5)  # no share, so neither of the two


@pytest.mark.parametrize("written", ["8.2e1", "82", "-3", "0.820000000000000001"])
def test_numbers_are_read_in_any_writing(written):
    (figure,) = card_figures(_with(f"- {{type: map, value: {written}}}"))
    assert figure.written == written
    assert figure.value == pytest.approx(float(written) / (1 if abs(float(written)) <= 1 else 100))


def _with(metrics):
    return "---\nmodel-index:\n- results:\n  - metrics:\n" + textwrap.indent(metrics, "    ") + "\n---\n"


@pytest.mark.parametrize("value", [".nan", ".inf", "true", "[1]", "{a: 1}", "1_000", "9" * 30, "0x10", "''"])
def test_values_that_are_no_numbers_are_left_out(value):
    assert card_figures(_with(f"- {{type: map, value: {value}}}")) == []


@pytest.mark.parametrize(
    "card",
    [
        "",
        "# A card without front matter",
        "---\n: : :\n  - [\n---\n",
        "---\n- a list\n---\n",
        "---\nmodel-index: 3\n---\n",
        "---\nmodel-index: [3, {results: [1, {metrics: [2]}]}]\n---\n",
        "---\nmodel-index: !!python/object/apply:os.system ['echo']\n---\n",
        "---\nmodel-index: " + "[" * 5_000 + "\n---\n",
    ],
)
def test_cards_without_valid_figures_have_none(card):
    assert card_figures(card) == []


def test_a_card_that_repeats_itself_by_reference_ends():
    results = "\n".join(f"  - &r{at} {{metrics: [{{type: map, value: 0.5}}]}}" for at in range(1, 2))
    card = f"---\nmodel-index:\n- &e\n  results:\n{results}\n" + "- *e\n" * 3_000 + "---\n"
    assert len(card_figures(card)) == 500
