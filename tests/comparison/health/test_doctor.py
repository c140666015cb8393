from dataclasses import replace

import numpy as np
import pytest

import explorer
from explorer.analysis.space import Space, make_index
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.comparison.contenders.csls import CslsContender
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.health.costs import Costs, costs
from explorer.comparison.health.doctor import Center, Csls, Finding, UsualMetric, UsualPrompts, findings
from explorer.comparison.health.geometry import geometry
from explorer.encode.encoder import Encoder
from explorer.encode.spec import LocalModel
from explorer.settings import settings

TEXTS = [f"row {row} " + "x" * (row % 37) for row in range(400)]


def contender(vectors, *, encoder=None, metric=None):
    space = Space(explorer.open_corpus(TEXTS), make_index(np.asarray(vectors, np.float32)), encoder)
    return SpaceContender(space, "one", metric)


def check_space(one):
    return findings(one, geometry(one), *costs([one]))


def faults(found):
    return [finding.fault for finding in found]


@pytest.fixture(scope="module")
def sound():
    """Vectors of ten groups, without any fault."""
    rng = np.random.default_rng(0)
    made = rng.normal(size=(400, 12)) + 1.5 * rng.normal(size=(10, 12))[np.arange(400) % 10]
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.mark.slow
def test_the_bundled_model_is_sound_on_the_tickets(prepared, tmp_path):
    prepared.lend(settings().cache_folder)
    space = explorer.embed("support-tickets")
    assert check_space(SpaceContender(space, "bundled")) == ()
    assert check_space(CslsContender(space, "corrected")) == ()


def test_sound_vectors_are_sound(sound):
    assert check_space(contender(sound)) == ()


def test_a_shared_direction_is_found_and_removed(sound):
    found = check_space(contender(sound + 2 * sound[0]))
    assert faults(found) == ["shared direction"]
    assert found[0].remedy == Center()
    space = contender(sound + 2 * sound[0]).space
    pairs = space.similarity()[~np.eye(400, dtype=bool)]
    assert found[0].evidence == {"mean cosine of two rows": pytest.approx(pairs.mean(), abs=1e-6)}
    assert check_space(SpaceContender(space.center(), "centred")) == ()


def test_vectors_in_the_order_of_lengths_are_found(sound):
    lengths = np.array([len(text) for text in TEXTS])
    found = check_space(contender(sound + np.outer((lengths - lengths.min()) / 20, sound[0])))
    assert faults(found) == ["ordered by length"]
    assert found[0].evidence["correlation of mean similarity and length"] > 0.7


def test_equal_vectors_of_different_texts_are_found(sound):
    same = sound.copy()
    same[:10] = same[0]
    found = check_space(contender(same))
    assert faults(found) == ["identical vectors"]
    assert found[0].evidence == {"texts": 400, "with the vector of another text": 9}
    same[5:10] = sound[5:10]
    assert check_space(contender(same)) == ()  # 4 of 400 texts are no more than 1 %


def test_hubs_are_found_and_corrected():
    made = np.random.default_rng(0).normal(size=(400, 60))
    made[:5] *= 0.3  # nearer than any others to the mean, and so to every row
    one = contender(made + 0.5)
    found = check_space(one)
    assert faults(found) == ["hubs"]
    assert found[0].remedy == Csls()
    assert check_space(CslsContender(one.space, "corrected")) == ()


@pytest.mark.parametrize("factor", [1, 3])
def test_another_similarity_than_the_models_is_found_where_it_matters(sound, factor):
    encoder = Encoder(LocalModel(), "a model", {}, similarity="dot", load=pytest.fail)
    vectors = sound * np.linspace(1, factor, 400)[:, None]
    assert "similarity" not in faults(check_space(contender(vectors, encoder=encoder)))
    found = check_space(contender(vectors, encoder=encoder, metric="cosine"))
    if factor == 1:  # all vectors have the same length: every metric ranks alike
        assert found == ()
    else:
        assert found[-1].fault == "similarity"
        assert found[-1].remedy == UsualMetric("dot")


def test_prompts_that_are_missing_or_unusual_are_found(tiny_model):
    rows = ["my order is late", "the cat sat", "please help"]

    def check(**prompts):
        space = explorer.embed(rows, str(tiny_model), precision="float32", **prompts)
        return [one for one in check_space(SpaceContender(space, "tiny")) if "prompt" in one.fault]

    assert check() == []
    (missing,) = check(prompt="", query_prompt="")
    assert missing.fault == "prompt missing"
    assert missing.remedy == UsualPrompts("document: ", "query: ")
    (unusual,) = check(prompt="text: ")
    assert unusual.fault == "prompt unusual"


def test_truncated_rows_are_found(tiny_model):
    rows = [*(f"the cat sat {'on ' * (row % 3)}" for row in range(9)), "the cat sat on a mat " * 9]
    found = check_space(SpaceContender(explorer.embed(rows, str(tiny_model), precision="float32"), "tiny"))
    (truncated,) = [one for one in found if one.fault == "rows truncated"]
    assert truncated.evidence["rows truncated"] == 1
    assert truncated.evidence["share of rows"] == pytest.approx(0.1)
    assert 0 < truncated.evidence["share of tokens"] < 1
    assert truncated.remedy is None


def test_only_a_transformer_model_is_told_to_check_its_pooling(tiny_model, tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    rows = ["my order is late", "the cat sat", "please help"]
    seen = replace(geometry(contender(np.eye(400, 12))), mean_cosine=0.9, length_correlation=0.9)

    def advice(space):
        found = findings(CslsContender(space, "one"), seen, Costs())
        return [one.advice for one in found if one.fault in ("shared direction", "ordered by length")]

    without = ["Remove the mean direction."] * 2
    assert all("pooling" in text for text in advice(explorer.embed(rows, str(tiny_model))))
    assert advice(explorer.embed(rows, "tfidf")) == without
    tokenizer = Tokenizer.from_file(str(tiny_model / "tokenizer.json"))
    static = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=12)], device="cpu")
    static.save(str(tmp_path / "static"))
    assert advice(explorer.embed(rows, str(tmp_path / "static"))) == without
    assert advice(contender(np.eye(400, 12)).space) == without


def test_bm25_has_hubs_at_most():
    corpus = explorer.open_corpus([f"word{row} shared" for row in range(50)])
    assert set(faults(check_space(Bm25Contender(corpus)))) <= {"hubs"}


def test_a_finding_says_what_is_wrong_and_names_its_figures():
    finding = Finding("hubs", (4.5, 400), Csls())
    assert finding.evidence == {"skewness of the 10-occurrence": 4.5, "rows": 400}
    assert finding.advice == "Correct the scores for hubs."
    with pytest.raises(ValueError, match="1 figures for 'hubs'"):
        Finding("hubs", (4.5,))
