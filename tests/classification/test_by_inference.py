import json
import shutil

import numpy as np
import pytest
from transformers import pipeline

from explorer.classification.by_inference import classify_by_inference
from explorer.errors import JobCancelledError, ModelNotFoundError, QueryError, UnusableModelError
from tests.tiny_model import save_pair_model, save_tiny_model

TEXTS = [
    "the cat sat on a mat",
    "a dog",
    "",
    "the dog ran and the cat sat on a mat " * 4,
    "the cat sat on a mat",
    *(f"a dog and {word}" for word in "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop"),
]
NAMES = ["cat", "a dog", "the mat"]
LABELS = ["contradiction", "entailment", "neutral"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(save_pair_model(tmp_path_factory.mktemp("models") / "nli", LABELS))


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("template", ["This example is {}.", "a text on {}"])
def test_it_is_the_pipeline(model, several, template):
    found = classify_by_inference(
        [text or " " for text in TEXTS], NAMES, model, template=template, several=several
    )
    ask = pipeline("zero-shot-classification", model=model, device="cpu")
    for row, text in enumerate(TEXTS):
        answer = ask(text or " ", NAMES, hypothesis_template=template, multi_label=several)
        expected = dict(zip(answer["labels"], answer["scores"], strict=True))
        np.testing.assert_allclose(found.probabilities[row], [expected[name] for name in NAMES], atol=1e-5)
    assert found.several is several
    assert found.categories == tuple(NAMES)
    assert np.ptp(found.probabilities) > 0.05
    if not several:
        np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)


def test_more_categories_than_fit_in_a_batch_are_the_same(model):
    names = [f"{letter} cat" for letter in "abcdefghijklmnopqrstuvwxyz"] + [
        f"{letter} dog" for letter in "abcdefghijk"
    ]
    found = classify_by_inference(TEXTS[:2], names, model)
    answer = pipeline("zero-shot-classification", model=model, device="cpu")(TEXTS[1], names)
    expected = dict(zip(answer["labels"], answer["scores"], strict=True))
    np.testing.assert_allclose(found.probabilities[1], [expected[name] for name in names], atol=1e-5)


def test_texts_are_cut_to_what_the_model_reads_also_if_its_tokenizer_does_not_say(model, tmp_path):
    folder = shutil.copytree(model, tmp_path / "unlimited")
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["model_max_length"] = 10**30
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    found = classify_by_inference(["the dog ran " * 100, "a dog"], NAMES, str(folder))
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)


def test_progress_counts_rows_and_stops_it(model):
    seen = []
    classify_by_inference(
        TEXTS, NAMES, model, on_progress=lambda progress: seen.append((progress.done, progress.total))
    )
    assert seen[-1] == (len(TEXTS), len(TEXTS))

    def stop(progress):
        if progress.done:
            raise JobCancelledError("stopped")

    with pytest.raises(JobCancelledError):
        classify_by_inference(TEXTS, NAMES, model, on_progress=stop)


def test_a_model_that_is_none_of_inference_is_named(tmp_path, model):
    other = str(save_pair_model(tmp_path / "feelings", ["good", "bad"]))
    with pytest.raises(
        UnusableModelError, match=r"not trained on natural language inference.*good, bad"
    ) as raised:
        classify_by_inference(TEXTS, NAMES, other)
    assert raised.value.where == "feelings"
    encoder = str(save_tiny_model(tmp_path / "tiny"))
    with pytest.raises(UnusableModelError):
        classify_by_inference(TEXTS, NAMES, encoder)
    with pytest.raises(ModelNotFoundError):
        classify_by_inference(TEXTS, NAMES, str(tmp_path / "nothing here"))


@pytest.mark.parametrize("template", ["no place", "{} and {}", "{name} is {}", "{", ""])
def test_a_template_without_one_place_is_named(model, template):
    with pytest.raises(QueryError, match=r"exactly one \{\}"):
        classify_by_inference(TEXTS, NAMES, model, template=template)
