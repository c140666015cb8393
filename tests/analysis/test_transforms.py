import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA

import explorer
from explorer.analysis.space import Space, make_index
from explorer.encode.encoder import Encoder
from explorer.encode.spec import LocalModel
from explorer.errors import QueryError
from tests.tensor import reference


def quantize_embeddings(rows, precision, **options):
    """That of sentence-transformers, which takes seconds to import."""
    from sentence_transformers.util import quantize_embeddings

    return quantize_embeddings(rows, precision, **options)


def space_of(vectors, similarity="cosine"):
    vectors = np.asarray(vectors, dtype=np.float32)
    corpus = explorer.open_corpus([f"text {row}" for row in range(len(vectors))])
    encoder = Encoder(LocalModel(), "a model", {}, similarity=similarity, load=lambda: pytest.fail("loaded"))
    return Space(corpus, make_index(vectors), encoder)


def unit(vectors):
    wide = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    return np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0)


@pytest.fixture(scope="module")
def vectors():
    """Vectors with a shared direction, repeats, a row of zeros and a constant dimension."""
    rng = np.random.default_rng(0)
    made = rng.normal(size=(120, 20)) * np.linspace(3, 0.3, 20) + rng.normal(size=20)
    made[:, 7] = 0.25
    made[40:50] = made[10:20]
    made[60] = 0
    return made.astype(np.float32)


@pytest.fixture(scope="module")
def queries():
    return np.random.default_rng(1).normal(size=(9, 20)).astype(np.float32)


DERIVED = {
    "truncate": lambda space: space.truncate(5),
    "reduce": lambda space: space.reduce(5),
    "int8": lambda space: space.quantize("int8"),
    "binary": lambda space: space.quantize("binary"),
    "center": lambda space: space.center(),
    "composed": lambda space: space.center().truncate(12).quantize("int8").reduce(6).quantize("binary"),
}


def test_truncation_keeps_the_first_dimensions(vectors, queries):
    space = space_of(vectors)
    small = space.truncate(5)
    np.testing.assert_array_equal(small.vectors, vectors[:, :5])
    np.testing.assert_array_equal(small.place_queries(queries), queries[:, :5])
    assert (small.dims, small.bytes_per_vector, space.bytes_per_vector) == (5, 20, 80)
    np.testing.assert_array_equal(space.truncate(20).vectors, vectors)
    for dims in (0, -1, 21):
        with pytest.raises(QueryError, match="20"):
            space.truncate(dims)


@pytest.mark.parametrize("similarity", ["cosine", "dot", "euclidean"])
def test_reduction_is_scikit_learns_up_to_sign(vectors, queries, similarity):
    small = space_of(vectors, similarity).reduce(6)
    rows, asked = (unit(vectors), unit(queries)) if similarity == "cosine" else (vectors, queries)
    peer = PCA(6, svd_solver="covariance_eigh").fit(rows.astype(np.float64))
    expected, expected_queries = peer.transform(rows), peer.transform(asked)
    blank = ~vectors.any(axis=1)
    if similarity == "cosine":
        expected[blank] = 0  # a vector of zeros has no direction
    signs = np.sign((small.vectors * expected).sum(axis=0))
    np.testing.assert_allclose(small.vectors, expected * signs, atol=1e-5)
    np.testing.assert_allclose(small.place_queries(queries), expected_queries * signs, atol=1e-5)
    assert (small.dims, small.bytes_per_vector) == (6, 24)


def test_reduction_needs_more_rows_than_dimensions(vectors):
    space = space_of(vectors[:4])
    assert space.reduce(3).dims == 3
    with pytest.raises(QueryError, match="Choose 1 to 3"):
        space.reduce(4)
    with pytest.raises(QueryError, match="two rows"):
        space_of(vectors[:1]).reduce(1)
    with pytest.raises(QueryError):
        space.reduce(0)


def test_equal_rows_have_no_principal_axes_and_no_coordinates(vectors):
    assert not space_of(np.repeat(vectors[:1], 5, axis=0)).reduce(2).vectors.any()


@pytest.mark.slow
def test_int8_codes_are_those_of_sentence_transformers(vectors):
    small = space_of(vectors).quantize("int8")
    (step,) = small.transforms
    np.testing.assert_array_equal(step.codes(vectors), quantize_embeddings(vectors, "int8"))
    outside = (vectors * 3).astype(np.float32)
    ranges = np.stack([vectors.min(axis=0), vectors.max(axis=0)])
    np.testing.assert_array_equal(step.codes(outside), quantize_embeddings(outside, "int8", ranges=ranges))
    assert small.bytes_per_vector == 20


def test_int8_rows_are_the_middles_of_their_buckets_and_queries_stay(vectors, queries):
    rows = np.delete(vectors, 60, axis=0)  # without the row of zeros, one dimension is constant
    small = space_of(rows).quantize("int8")
    lowest, highest = rows.min(axis=0), rows.max(axis=0)
    steps = (highest - lowest) / 255
    assert np.all(np.abs(small.vectors - rows) <= steps * 0.5001)
    middles = lowest + (np.floor((rows - lowest) / np.where(steps, steps, 1)) + 0.5) * steps
    np.testing.assert_allclose(small.vectors, np.minimum(middles, highest), atol=1e-6)
    np.testing.assert_array_equal(small.vectors[:, 7], rows[:, 7])
    np.testing.assert_array_equal(small.place_queries(queries), queries)


@pytest.mark.slow
@given(
    arrays(
        np.float32, st.tuples(st.integers(2, 8), st.integers(1, 5)), elements=st.floats(-1e3, 1e3, width=32)
    )
)
def test_any_codes_are_those_of_sentence_transformers(rows):
    (step,) = space_of(rows).quantize("int8").transforms
    np.testing.assert_array_equal(step.codes(rows), quantize_embeddings(rows, "int8"))


def test_one_row_is_its_own_range(vectors):
    np.testing.assert_array_equal(space_of(vectors[:1]).quantize("int8").vectors, vectors[:1])


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_binary_ranks_as_the_hamming_distance_of_sentence_transformers_bits(vectors, queries, metric):
    small = space_of(vectors).quantize("binary")
    bits, asked = (np.unpackbits(quantize_embeddings(side, "ubinary"), axis=1) for side in (vectors, queries))
    hamming = (asked[:, None, :] != bits[None]).sum(axis=2).astype(np.float64)
    expected, _ = reference.ranking(-hamming, 30)
    found = small.index.search(small.place_queries(queries), 30, metric)
    np.testing.assert_array_equal(found.indices, expected)
    cosines = 1 - 2 * np.take_along_axis(hamming, expected, 1) / 20
    if metric == "cosine":
        np.testing.assert_allclose(found.scores, cosines, atol=1e-6)
    assert small.bytes_per_vector == 3  # 20 bits in whole bytes


def test_there_are_two_precisions(vectors):
    with pytest.raises(QueryError, match="int8 or binary"):
        space_of(vectors).quantize("int4")


def test_centring_removes_the_component_along_the_mean_of_unit_vectors(vectors, queries):
    space = space_of(vectors)
    centred = space.center()
    mean = unit(vectors).sum(axis=0)
    mean /= np.linalg.norm(mean)
    for made, given_ in ((centred.vectors, vectors), (centred.place_queries(queries), queries)):
        wide = given_.astype(np.float64)
        np.testing.assert_allclose(made, wide - np.outer(wide @ mean, mean), atol=1e-6)
    assert not centred.vectors[60].any()
    assert centred.bytes_per_vector == 80
    of_unit = space_of(unit(vectors)).center()
    np.testing.assert_allclose(of_unit.vectors.mean(axis=0), 0, atol=1e-7)


def test_rows_along_the_mean_become_zeros_and_not_rounding_errors(vectors):
    assert not space_of(vectors[:1]).center().vectors.any()
    assert not space_of(np.outer([1, 2, 0.3], vectors[0])).center().vectors.any()
    opposite = np.stack([vectors[0], -vectors[0]])
    np.testing.assert_array_equal(space_of(opposite).center().vectors, opposite)  # there is no mean direction
    blank = np.zeros((3, 4))
    np.testing.assert_array_equal(space_of(blank).center().vectors, blank)


@pytest.mark.parametrize("derive", DERIVED)
def test_a_derived_space_is_used_like_any_other(vectors, queries, derive):
    space = space_of(vectors)
    made = DERIVED[derive](space)
    asked = made.place_queries(queries)
    assert asked.shape == (9, made.dims)
    assert asked.dtype == made.vectors.dtype == np.float32
    expected, scores = reference.ranking(reference.scores(asked, made.vectors, "cosine"), 7)
    hits = made.search_vectors(asked, 7)
    assert [[hit.row for hit in one] for one in hits] == expected.tolist()
    np.testing.assert_allclose([[hit.score for hit in one] for one in hits], scores, atol=1e-6)
    assert len(made.similar_to(3, 4)) == 4
    assert made.cluster(2).labels.shape == (120,)
    assert made.corpus is space.corpus
    assert made.similarity_metric == space.similarity_metric


def test_transforms_compose_in_order(vectors, queries):
    space = space_of(vectors)
    one = space.truncate(10).quantize("binary")
    np.testing.assert_array_equal(one.vectors, np.where(vectors[:, :10] > 0, 1, -1))
    np.testing.assert_array_equal(one.place_queries(queries), np.where(queries[:, :10] > 0, 1, -1))
    assert [step.name for step in one.transforms] == ["10 dims", "binary"]
    sizes = [
        space.quantize("int8").truncate(6).bytes_per_vector,
        space.truncate(6).quantize("int8").bytes_per_vector,
        space.quantize("int8").center().bytes_per_vector,
        space.center().quantize("binary").bytes_per_vector,
    ]
    assert sizes == [6, 6, 80, 3]


def test_fingerprints_tell_derived_spaces_apart(vectors):
    space = space_of(vectors)
    made = [derive(space) for derive in DERIVED.values()]
    other_rows = np.arange(30)
    made += [
        space,
        space.truncate(6),
        space.reduce(6),
        space.quantize("int8").truncate(5),
        space.truncate(5).quantize("int8"),
        space.subspace(other_rows).quantize("int8"),
        space.quantize("int8").subspace(other_rows),
    ]
    assert len({one.fingerprint for one in made}) == len(made)
    assert space.truncate(5).fingerprint == space_of(vectors).truncate(5).fingerprint
    assert space.reduce(5).fingerprint == space_of(vectors).reduce(5).fingerprint


def test_a_space_without_an_encoder_is_identified_by_its_vectors(vectors):
    corpus = space_of(vectors).corpus
    one, same, other = (Space(corpus, make_index(made)) for made in (vectors, vectors.copy(), vectors + 1))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert one.quantize("int8").fingerprint == same.quantize("int8").fingerprint
    assert one.spec is None


def test_parts_and_other_columns_keep_the_transforms(vectors, queries):
    small = space_of(vectors).reduce(4)
    rows = np.array([5, 3, 70])
    part = small.subspace(rows)
    np.testing.assert_array_equal(part.vectors, small.vectors[rows])
    np.testing.assert_array_equal(part.place_queries(queries), small.place_queries(queries))
    corpus = explorer.open_corpus({"text": small.corpus.texts, "more": list(range(120))})
    np.testing.assert_array_equal(
        small.for_corpus(corpus).place_queries(queries), small.place_queries(queries)
    )


def test_texts_go_through_the_transforms_as_queries_and_as_rows(tiny_model):
    rows = ["my order is late", "the cat sat on the mat", "please help me", "a dog ran", "where is my refund"]
    space = explorer.embed(rows, str(tiny_model), precision="float32")
    small = space.quantize("int8")
    texts = [rows[2], rows[0]]
    np.testing.assert_array_equal(small.encode_queries(texts), space.encoder.encode_queries(texts))
    steps = np.ptp(space.vectors, axis=0) / 255
    # Encoded again, a value can be rounded into the next bucket.
    again = small.place_documents(small.encoder.encode_documents(texts))
    assert np.all(np.abs(again - small.vectors[[2, 0]]) <= 1.01 * steps)
    binary = space.truncate(12).quantize("binary")
    asked = binary.encode_queries(texts)
    np.testing.assert_array_equal(asked, np.where(space.encode_queries(texts)[:, :12] > 0, 1, -1))
    assert binary.search(texts, k=2) == binary.search_vectors(asked, 2)
