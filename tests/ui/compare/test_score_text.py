import numpy as np
import pytest

import explorer
from explorer.analysis.space import Space, make_index
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.ui.compare.score_text import score_text


def test_a_score_that_rounds_to_zero_has_no_sign_and_others_have_a_true_one():
    corpus = explorer.open_corpus(["a parcel", "a refund"])
    words = Bm25Contender(corpus)
    assert score_text(words, -0.0001) == "score 0.000"
    assert score_text(words, -0.25) == "score −0.250"
    vectors = Space(corpus, make_index(np.eye(2, dtype=np.float32)))
    assert score_text(SpaceContender(vectors, "vectors", "euclidean"), -1.5).startswith("distance 1.500")


@pytest.mark.parametrize(
    ("percentile", "share"),
    [(99.8, "99.8 %"), (99.97, "99.9 %"), (100.0, "100.0 %"), (0.01, "at most 0.1 %")],
)
def test_all_scores_are_told_in_one_wording(percentile, share, monkeypatch):
    vectors = Space(explorer.open_corpus(["a", "b"]), make_index(np.eye(2, dtype=np.float32)))
    monkeypatch.setattr(Space, "percentile", lambda *_: percentile)
    told = score_text(SpaceContender(vectors, "vectors"), 0.5)
    assert told == f"score 0.500, closer than {share} of random pairs"
