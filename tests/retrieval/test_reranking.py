import numpy as np
import pytest
from sentence_transformers import CrossEncoder

from explorer.errors import HubUnreachableError, JobCancelledError, QueryError, UnusableModelError
from explorer.retrieval.reranking import rerank
from tests.tiny_model import save_pair_model, save_tiny_model

TEXTS = [f"the {one} sat on a {other}" for one in ("cat", "dog", "mat", "cat") for other in "abcdefghijkl"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(save_pair_model(tmp_path_factory.mktemp("models") / "cross", ["relevance"]))


def test_it_is_the_librarys_rank(model):
    texts = [*TEXTS, "a dog", "the cat sat on a mat and ran " * 6]
    found = rerank("a dog ran", texts, model)
    expected = CrossEncoder(model, device="cpu").rank("a dog ran", texts)
    np.testing.assert_allclose(found.scores, [hit["score"] for hit in expected], atol=1e-5)
    assert np.ptp(found.scores) > 0.01
    scores = dict(zip(found.order.tolist(), found.scores, strict=True))
    for hit in expected:
        assert scores[hit["corpus_id"]] == pytest.approx(hit["score"], abs=1e-5)
    assert found.model == "cross"
    assert found.seconds > 0


def test_equal_hits_keep_their_order(model):
    found = rerank("a dog ran", ["a cat", "a dog", "a cat", "a cat"], model)
    same = [place for place in found.order.tolist() if place != 1]
    assert same == [0, 2, 3]


def test_no_hits_and_no_query(model):
    assert len(rerank("a dog", [], model).order) == 0
    with pytest.raises(QueryError):
        rerank(" ", ["a"], model)


def test_it_reports_and_stops(model):
    seen = []
    rerank("a dog", TEXTS, model, on_progress=lambda progress: seen.append(progress.done))
    assert seen[-3:] == [0, 32, 48]

    def stop(progress):
        if progress.done == 32:
            raise JobCancelledError("stopped")

    with pytest.raises(JobCancelledError):
        rerank("a dog", TEXTS, model, on_progress=stop)


def test_a_model_that_is_no_cross_encoder_is_named(tmp_path):
    three = str(save_pair_model(tmp_path / "nli", ["contradiction", "entailment", "neutral"]))
    with pytest.raises(UnusableModelError, match="3 outputs") as raised:
        rerank("a dog", ["a"], three)
    assert raised.value.where == "nli"
    with pytest.raises(UnusableModelError):
        rerank("a dog", ["a"], str(save_tiny_model(tmp_path / "tiny")))


def test_a_model_that_cannot_be_had_has_advice_that_helps():
    with pytest.raises(HubUnreachableError) as raised:
        rerank("a dog", ["a"], "nobody/nothing")
    assert raised.value.where == "nobody/nothing"
    assert "bundled" not in raised.value.fix
