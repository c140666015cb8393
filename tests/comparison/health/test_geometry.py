import numpy as np
import pytest
from scipy.stats import spearmanr

import explorer
from explorer.analysis.space import Space, make_index
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.comparison.contenders.csls import CslsContender
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.health import geometry as module
from explorer.comparison.health.geometry import geometry, geometry_values
from tests.tensor import reference


def skewness(indices, rows):
    counts = np.bincount(indices.ravel(), minlength=rows).astype(np.float64)
    deviations = counts - counts.mean()
    return (deviations**3).mean() / (deviations**2).mean() ** 1.5


def space_of(vectors, texts=None):
    vectors = np.asarray(vectors, dtype=np.float32)
    return Space(
        explorer.open_corpus(texts or [f"text {row}" for row in range(len(vectors))]), make_index(vectors)
    )


def test_figures_are_those_of_the_formulas(space, vectors, texts):
    found = geometry(SpaceContender(space, "one"))
    wide = vectors.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1)
    unit = wide / np.where(lengths == 0, 1, lengths)[:, None]
    assert found.mean_norm == pytest.approx(np.linalg.norm(unit[lengths > 0].mean(axis=0)), abs=1e-6)
    expected = spearmanr((unit @ unit.T).mean(axis=1), [len(text) for text in texts]).statistic
    assert found.length_correlation == pytest.approx(expected, abs=1e-9)
    indices, _ = reference.neighbors(vectors, 10, "cosine")
    assert found.hubness == pytest.approx(skewness(indices, 60), rel=1e-9)
    assert found.lengths_vary == pytest.approx(
        lengths[lengths > 0].std() / lengths[lengths > 0].mean(), rel=1e-5
    )
    assert (found.rows, found.texts, found.sharing) == (60, len(set(texts)), 0)


def test_the_square_of_the_mean_norm_is_the_mean_cosine(vectors):
    space = space_of(vectors[:20])
    mean = geometry(SpaceContender(space, "one")).mean_norm
    assert mean**2 == pytest.approx(space.similarity().mean(), abs=1e-6)


def test_the_mean_cosine_is_that_of_different_rows(space, vectors):
    rows = np.flatnonzero(vectors.any(axis=1))
    pairs = space.similarity(rows)[~np.eye(len(rows), dtype=bool)]
    assert geometry(SpaceContender(space, "one")).mean_cosine == pytest.approx(pairs.mean(), abs=1e-6)
    assert geometry(SpaceContender(space_of(vectors[:1]), "one")).mean_cosine is None


def test_different_texts_with_equal_vectors_are_counted():
    vectors = np.array([[1, 0], [1, -0.0], [0, 1], [1, 0], [0, 0], [0, 0]])
    texts = ["a", "b", "c", "a", "d", "e"]
    found = geometry(SpaceContender(space_of(vectors, texts), "one"))
    assert (found.texts, found.sharing) == (
        5,
        2,
    )  # b has the vector of a, e that of d; the second a is no text of its own


@pytest.mark.parametrize(
    ("vectors", "texts"),
    [
        (np.zeros((3, 2)), ["a", "bb", "ccc"]),  # no directions
        (np.ones((3, 2)), ["a", "bb", "ccc"]),  # one direction
        (np.eye(3), ["a", "b", "c"]),  # one length
        (np.ones((1, 2)), ["a"]),  # one row
    ],
)
def test_what_is_the_same_for_all_rows_has_no_correlation(vectors, texts):
    found = geometry(SpaceContender(space_of(vectors, texts), "one"))
    assert found.length_correlation is None
    assert found.hubness is None  # too few rows


def test_rows_that_occur_equally_often_have_no_skewness():
    circle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = np.stack([np.cos(circle), np.sin(circle)], axis=1)
    assert abs(geometry(SpaceContender(space_of(ring), "ring")).hubness) < 1e-6


def test_hubs_of_many_rows_are_counted_among_a_sample_of_them(monkeypatch, vectors, space):
    monkeypatch.setattr(module, "SAMPLE", 25)
    found = geometry(SpaceContender(space, "one"))
    rows = np.sort(np.random.default_rng(0).choice(60, 25, replace=False))
    indices, _ = reference.neighbors(vectors[rows], 10, "cosine")
    assert found.hubness == pytest.approx(skewness(indices, 25), rel=1e-9)
    assert (found.rows, found.texts) == (25, geometry(SpaceContender(space, "one")).texts)
    assert geometry(SpaceContender(space, "one")) == found


def test_other_contenders_have_hubs_of_their_own(space):
    plain, csls = SpaceContender(space, "one"), CslsContender(space, "corrected")
    words = Bm25Contender(space.corpus)
    found = [geometry(one) for one in (plain, csls, words)]
    expected = [skewness(one.neighbors(np.arange(60), 10).indices, 60) for one in (plain, csls, words)]
    np.testing.assert_allclose([one.hubness for one in found], expected)
    assert found[1].mean_norm == found[0].mean_norm
    assert (found[2].mean_norm, found[2].length_correlation, found[2].sharing) == (None, None, None)
    norm, length, hubness = geometry_values(found)
    np.testing.assert_array_equal(np.isnan(norm.values), [False, False, True])
    np.testing.assert_array_equal(hubness.values, [one.hubness for one in found])
    assert (length.measure.kind, length.n) == ("diagnosis", 60)
