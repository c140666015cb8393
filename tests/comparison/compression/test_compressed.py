import numpy as np
import pytest
from sklearn.decomposition import PCA

from explorer.analysis.space import Space
from explorer.comparison.compression import compressed
from explorer.comparison.compression.compressed import Compression, compressed_spaces, compressions
from explorer.tensor import Index
from tests.comparison.made_contenders import corpus_of


def space_of(rows, dims, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(rows, dims)).astype(np.float32)
    return Space(corpus_of(rows), Index(vectors))


def test_dimensions_are_halved_and_tiny_vectors_left_out():
    forms = compressions(space_of(200, 384))
    assert [form.name for form in forms[:3]] == [
        "all 384 dimensions, float32",
        "all 384 dimensions, int8",
        "all 384 dimensions, binary",
    ]
    assert {form.dims for form in forms[3:]} == {192, 96, 48}
    assert min(form.bytes_per_vector for form in forms) == 24
    assert not [form for form in forms if form.method == "pca" and form.stored_as == "binary"]
    assert len(forms) == len(set(forms)) == 16


def test_narrow_vectors_are_only_stored_in_lower_precision():
    assert [form.stored_as for form in compressions(space_of(40, 20))] == ["float32", "int8", "binary"]


def test_pca_needs_more_rows_than_dimensions():
    forms = compressions(space_of(60, 128))
    assert {form.dims for form in forms if form.method == "first"} == {64, 32}
    assert {form.dims for form in forms if form.method == "pca"} == {32}


def test_sizes_that_the_model_was_trained_for_come_before_halves(monkeypatch):
    monkeypatch.setattr(compressed, "trained_sizes", lambda _spec: (384, 256, 128, 8))
    forms = compressions(space_of(400, 384))
    assert {form.dims for form in forms if form.method != "all"} == {256, 128}


def test_each_form_has_the_vectors_and_bytes_of_its_own_space():
    space = space_of(90, 64)
    forms = (
        *compressions(space),
        Compression("pca", 16, "float32"),
        Compression("pca", 16, "int8"),
    )
    made = dict(compressed_spaces(space, forms))
    assert set(made) == set(forms)
    for form, part in made.items():
        alone = {"all": lambda s, _: s, "first": Space.truncate, "pca": Space.reduce}[form.method]
        expected = alone(space, form.dims)
        if form.stored_as != "float32":
            expected = expected.quantize(form.stored_as)
        np.testing.assert_allclose(part.vectors, expected.vectors, atol=1e-6)
        assert form.bytes_per_vector == part.bytes_per_vector
    unit = space.vectors / np.linalg.norm(space.vectors, axis=1, keepdims=True)
    reference = PCA(16, svd_solver="covariance_eigh").fit_transform(unit.astype(np.float64))
    ours = made[Compression("pca", 16, "float32")].vectors
    assert np.abs(ours) == pytest.approx(np.abs(reference), abs=1e-5)
