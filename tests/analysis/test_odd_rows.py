import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import explorer
from explorer.analysis.odd_rows import isolation
from explorer.analysis.space import Space, make_index
from explorer.analysis.text_profile import profile_texts
from explorer.errors import JobCancelledError
from tests.analysis.test_languages import SENTENCES
from tests.tensor import reference


def space(texts, vectors):
    return Space(explorer.open_corpus(list(texts)), make_index(np.asarray(vectors, np.float32)))


def found(texts, vectors, **how):
    return isolation(space(texts, vectors), profile_texts(texts), **how)


def nearest_of(vectors):
    """The cosine of each row with its nearest other row, and that row, in float64."""
    cosines = reference.scores(vectors, vectors, "cosine")
    np.fill_diagonal(cosines, -np.inf)
    return cosines.max(axis=1), cosines.argmax(axis=1)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 40), st.integers(2, 8), st.integers(0, 5), st.booleans(), st.integers(0, 2**16))
def test_similarities_are_those_of_the_plain_computation(rows, dims, equal, zero, seed):
    vectors = np.random.default_rng(seed).normal(size=(rows, dims)).astype(np.float32)
    vectors[: min(equal, rows)] = vectors[0]
    if zero:
        vectors[-1] = 0
    got = found([f"text {row}" for row in range(rows)], vectors)
    cosines, _ = nearest_of(vectors)
    np.testing.assert_allclose(got.similarities, cosines, atol=1e-6)
    low, high = np.quantile(got.similarities, (0.25, 0.75))
    assert got.fence == pytest.approx(low - 1.5 * (high - low))
    assert got.odd_count == sum(got.similarities < got.fence)
    assert [far.row for far in got.farthest] == np.argsort(got.similarities, kind="stable")[:5].tolist()
    for far in got.farthest:
        assert far.nearest != far.row
        own = reference.scores(vectors[[far.row]], vectors[[far.nearest]], "cosine")[0, 0]
        assert own == pytest.approx(cosines[far.row], abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 30), st.integers(1, 8), st.booleans(), st.integers(0, 2**16))
def test_a_sample_is_compared_with_all_rows(rows, sample, all_equal, seed):
    vectors = np.random.default_rng(seed).normal(size=(rows, 4)).astype(np.float32)
    if all_equal:  # a row is then not the first of those nearest to it
        vectors[:] = vectors[0]
    got = found([f"text {row}" for row in range(rows)], vectors, most_rows=2, sample=min(sample, rows))
    assert len(got.rows) == min(sample, rows)
    assert np.all(np.diff(got.rows) > 0)
    np.testing.assert_allclose(got.similarities, nearest_of(vectors)[0][got.rows], atol=1e-6)
    assert all(far.nearest != far.row for far in got.farthest)


def test_a_planted_stranger_is_odd_and_a_row_between_two_groups_is_not():
    random = np.random.default_rng(0)
    left, right = np.eye(16)[0], np.eye(16)[1]
    groups = [group + random.normal(scale=0.05, size=(100, 16)) for group in (left, right)]
    between = (left + right) / np.sqrt(2) + random.normal(scale=0.05, size=(100, 16))
    vectors = np.concatenate([*groups, between, [np.eye(16)[9]]])
    got = found([f"text {row}" for row in range(301)], vectors)
    assert got.farthest[0].row == 300
    assert got.odd_count >= 1
    # Of 300 rows as dense as one another, a few are below the fence by chance, no more of those between.
    assert sum(got.similarities[200:300] < got.fence) <= 3


def test_one_row_has_nothing_to_be_far_from():
    got = found(["alone"], [[1.0, 0.0]])
    assert (got.farthest, got.odd_count, len(got.rows)) == ((), 0, 0)
    assert got.close(0.5) == 0


def test_close_rows_are_counted_at_or_above_the_threshold():
    got = found(["a b", "c d", "e f"], [[1, 0], [1, 0], [0, 1]])
    assert got.close(1.0) == 2
    assert got.close(0.0) == 3


def reasons(text):
    """What is unusual about a text among twenty English ones with the same words."""
    texts = [f"{SENTENCES['en']} Number {'one' if row % 2 else 'two'}." for row in range(20)] + [text]
    vectors = np.concatenate([np.ones((20, 2)), [[-1.0, 0.5]]]) + np.arange(21)[:, None] * 1e-4
    got = found(texts, vectors)
    assert got.farthest[0].row == 20
    return {reason.kind: reason for reason in got.farthest[0].reasons}


def test_what_is_unusual_about_a_row_is_told():
    assert set(reasons("1 2 3 !")) == {"no letters", "short"}
    assert reasons("parcel never")["short"].length == 2
    long = reasons(f"{SENTENCES['en']} " * 5)
    assert set(long) == {"long"}
    assert long["long"].length == 5 * len(SENTENCES["en"].split())
    assert reasons(SENTENCES["de"])["language"].code == "de"
    assert reasons(f"{SENTENCES['en']} Zebras graze, zebras gallop.")["own words"].words == (
        "zebras",
        "graze",
        "gallop",
    )
    assert reasons(f"{SENTENCES['en']} Number one.") == {}


def test_without_a_main_language_none_is_unusual():
    texts = [SENTENCES[code] for code in ("en", "de", "fr", "es")]
    got = found(texts, np.eye(4) + 0.1)
    assert all(reason.kind != "language" for far in got.farthest for reason in far.reasons)


def test_it_stops_when_it_is_cancelled():
    def stop(_progress):
        raise JobCancelledError("stopped")

    texts = [f"text {row}" for row in range(30)]
    with pytest.raises(JobCancelledError):
        found(texts, np.random.default_rng(0).normal(size=(30, 4)), on_progress=stop)
