import shutil
from dataclasses import replace

import numpy as np
import pytest

import explorer
from explorer.encode.spec import LocalModel
from explorer.evaluation.evaluation import with_published
from explorer.evaluation.pairs import evaluate_pairs
from tests.evaluation.conftest import WORDS

CARD = """\
---
model-index:
- name: words
  results:
  - task: {{type: STS}}
    dataset: {{type: mteb/some-sts, name: MTEB SomeSTS, config: default, split: test}}
    metrics:
    - {{type: cos_sim_spearman, value: {spearman}}}
    - {{type: cos_sim_pearson, value: {pearson}}}
  - task: {{type: Clustering}}
    dataset: {{type: mteb/some-sts, name: MTEB Groups, config: default, split: test}}
    metrics:
    - {{type: v_measure, value: 42.5}}
---
"""


def pairs():
    rng = np.random.default_rng(0)
    lists = [rng.choice(WORDS, 9, replace=False).tolist() for _ in range(60)]
    shared = rng.integers(0, 5, 60)  # words of both texts
    return [
        (" ".join(words[:5]), " ".join(words[5 - own : 9 - own]), float(own))
        for words, own in zip(lists, shared, strict=True)
    ]


@pytest.fixture
def model(words, tmp_path):
    """The model of words, whose card has its Spearman correlation, rounded, and another Pearson's."""
    result = evaluate_pairs(pairs(), words, precision="float32")
    folder = tmp_path / "words"
    shutil.copytree(words, folder)
    card = CARD.format(
        spearman=f"{100 * result.spearman.value:.2f}", pearson=f"{100 * result.pearson.value + 1:.2f}"
    )
    (folder / "README.md").write_text(card, encoding="utf-8")
    return str(folder)


def test_a_published_figure_is_beside_ours_and_says_whether_it_differs(model):
    result = evaluate_pairs(pairs(), model, dataset="SomeSTS", precision="float32")
    assert [each.published[0].differs for each in result.figures] == [False, True]
    written = result.spearman.published[0].written
    same = (
        f"published: {written} (cos_sim_spearman of 'MTEB SomeSTS', split 'test'): the same but for rounding"
    )
    assert same in str(result)
    assert "differs by more than rounding, −0.0100" in str(result)
    card = result.scorecard
    assert card["differs"].tolist() == [False, True]
    assert card["published"][0] == pytest.approx(float(written) / 100)
    assert card["contender"].tolist() == ["words", "words"]


def test_nothing_published_is_guessed(model):
    plain = evaluate_pairs(pairs(), model)
    assert not any(each.published for each in plain.figures)
    assert plain.notes == ()
    assert plain.scorecard["published"].isna().all()


@pytest.mark.parametrize(
    ("dataset", "note"),
    [
        ("OtherSTS", "The model card has nothing for 'OtherSTS'. It has figures for 'MTEB SomeSTS'."),
        ("Groups", "The model card has no such figure for 'Groups'. It has figures for 'MTEB SomeSTS'."),
    ],
)
def test_a_dataset_without_a_figure_is_noted(model, dataset, note):
    assert evaluate_pairs(pairs(), model, dataset=dataset).notes == (note,)


def test_an_encoder_without_a_card_is_noted(words):
    assert "No published figure: What encodes the texts has no model card." in str(
        evaluate_pairs(pairs(), "tfidf", dataset="SomeSTS")
    )
    elsewhere = replace(evaluate_pairs(pairs(), words), spec=LocalModel("owner/model"))
    (note,) = with_published(elsewhere, "SomeSTS").notes
    assert note.startswith("No published figure: owner/model: The Hugging Face Hub cannot be reached.")


def test_another_protocol_and_a_reduced_precision_are_noted(model):
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(WORDS, 8, replace=False)) for _ in range(60)]
    rows = explorer.open_corpus({"text": texts, "kind": ["x", "y"] * 30}, label="kind")
    result = explorer.evaluate_labels(rows, model, dataset="Groups")
    assert result.v_measure.published[0].value == 0.425
    assert any("mini-batch k-means" in note for note in result.notes)
    assert not any("float32" in note for note in result.notes)
    fast = with_published(replace(result, dtype="bfloat16", notes=()), "Groups")
    assert any('With precision="float32"' in note for note in fast.notes)


def test_the_text_has_figures_intervals_and_units(words):
    result = evaluate_pairs(pairs(), words)
    first, spearman, pearson = result.text.splitlines()
    assert first == "words · 60 pairs"
    assert spearman.split()[:2] == ["Spearman", f"{result.spearman.value:.3f}".replace("-", "−")]
    assert " to " in pearson
    with pytest.raises(KeyError):
        result.figure("nDCG@10")
