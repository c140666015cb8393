from dataclasses import replace

import numpy as np
import pytest

import explorer
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.comparison.contenders.csls import CslsContender
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.health import costs as module
from explorer.comparison.health.costs import Costs, cost_values, costs
from tests.drawn_images import draw, random_drawing

LONG = " ".join(["the cat sat on a mat"] * 4)  # 24 words; the tiny model reads 12 tokens
ROWS = ["my order is late", LONG, "please help", LONG + " late", "the dog"]


@pytest.fixture
def tiny(tiny_model):
    return explorer.embed(ROWS, str(tiny_model), precision="float32")


def test_costs_are_those_of_the_model_and_of_the_encoding(tiny, tiny_model):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(tiny_model), device="cpu")
    (found,) = costs([SpaceContender(tiny, "tiny")])
    assert found.parameters == sum(weight.numel() for weight in model.parameters())
    assert (found.dims, found.bytes_per_vector) == (16, 64)
    prompted = [f"document: {text}" for text in ROWS]
    lengths = np.array([len(ids) for ids in model.tokenizer(prompted, truncation=False)["input_ids"]])
    assert found.truncated_rows == (lengths > 12).sum() == 2
    assert found.lost_share == pytest.approx(np.maximum(lengths - 12, 0).sum() / lengths.sum())
    assert found.prompt_missing is False
    assert found.rows_per_second == pytest.approx(5 / tiny.report.seconds)


def test_vectors_from_the_cache_say_nothing_about_speed(tiny, tiny_model):
    again = explorer.embed(ROWS, str(tiny_model), precision="float32")
    assert costs([SpaceContender(again, "again")])[0].rows_per_second is None


def test_a_scorecard_has_a_value_of_each_cost_and_counts_tokens_once(tiny, tiny_model, monkeypatch):
    counted, count_tokens = [], module.count_tokens

    def counting(files, texts, **rest):
        counted.append(rest["prompt"])
        return count_tokens(files, texts, **rest)

    monkeypatch.setattr(module, "count_tokens", counting)
    plain = explorer.embed(tiny.corpus, str(tiny_model), precision="float32", prompt="", query_prompt="")
    contenders = [
        SpaceContender(tiny, "tiny"),
        SpaceContender(tiny.truncate(9).quantize("binary"), "bits"),
        CslsContender(tiny, "corrected"),
        SpaceContender(plain, "plain"),
        SpaceContender(explorer.embed(tiny.corpus, "tfidf"), "TF-IDF"),
        Bm25Contender(tiny.corpus),
    ]
    values = {one.measure.name: one.values.tolist() for one in cost_values(costs(contenders))}
    assert counted == ["document: ", ""]
    assert values["dimensions"][:4] == [16, 9, 16, 16]
    assert values["bytes a vector"][:4] == [64, 2, 68, 64]
    assert values["prompt missing"][:4] == [0, 0, 0, 1]
    assert values["rows truncated"][:3] == [2, 2, 2]
    assert all(np.isnan(column[5]) for column in values.values())
    assert np.isnan(values["parameters"][4])
    assert all(one.measure.kind == "cost" for one in cost_values(costs(contenders[:1])))


def test_what_is_not_known_is_none(space):
    both = [Bm25Contender(space.corpus), SpaceContender(space, "vectors")]
    assert costs(both) == (Costs(), Costs(dims=12, bytes_per_vector=48))


def test_tokens_are_those_of_texts_and_no_captions_of_images(tiny_clip, tmp_path):
    long, lines = " ".join(["a red circle"] * 200), ["file_name,caption"]
    for number, caption in enumerate((long, long, "a circle")):
        drawing = random_drawing("circle", "red", np.random.default_rng(number))
        draw(drawing, 32, seed=number).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{caption}")
    (tmp_path / "metadata.csv").write_text("\n".join(lines))
    corpus = explorer.open_corpus(tmp_path, text="caption")
    mixed = replace(corpus, images=corpus.images.take(np.arange(1)).followed_by(None, 2))
    images, some, texts = costs(
        [
            SpaceContender(explorer.embed(rows, str(tiny_clip), precision="float32"), name)
            for name, rows in (("images", corpus), ("mixed", mixed), ("texts", [long, "a circle"]))
        ]
    )
    assert (images.truncated_rows, images.lost_share) == (None, None)
    assert some.truncated_rows == 1
    assert some.lost_share == texts.lost_share > 0.5
