"""What chance gives equals what random vectors give, on average."""

import numpy as np
import pytest

import explorer
from explorer.comparison.measures.chance import two_view_chance
from explorer.comparison.measures.two_view import two_view_measures
from explorer.comparison.measures.views import two_views


class Random:
    """A contender without any idea."""

    space = None

    def __init__(self, seed):
        self._rng = np.random.default_rng(seed)

    def score_texts(self, queries, documents, **_):
        return self._rng.random((len(queries), len(documents)), dtype=np.float32)


def views_of(groups):
    corpus = explorer.open_corpus(
        [f"first half number{at} other half again{at}" for at in range(len(groups))]
    )
    return two_views(corpus, np.arange(len(groups)), np.array(groups))


@pytest.mark.parametrize(
    ("groups", "k"),
    [(range(13), 10), (range(13), 20), ([0, 0, 0, 1, 2, 2, 3, 4], 3), (range(2), 5), ([0, 0, 0], 2)],
)
def test_it_is_the_mean_of_contenders_that_rank_at_random(groups, k):
    views = views_of(list(groups))
    found = two_view_measures([Random(seed) for seed in range(400)], views, k, masked=False)
    mrr, overlap = (each.values.mean() for each in found)
    assert two_view_chance(views, k) == pytest.approx((mrr, overlap), abs=0.02)


def test_half_of_few_neighbours_overlap_by_chance():
    assert two_view_chance(views_of(range(13)), 10)[1] == pytest.approx(10 / 12)
