import numpy as np
import pytest
import torch

from explorer.errors import VectorError
from explorer.tensor import as_matrix, normalize
from explorer.tensor.matrices import as_tensor, blocks, row_norms, row_sums


@pytest.mark.parametrize(
    "values",
    [
        [[1, 2], [3, 4]],
        ((1.0, 2.0), (3, 4)),
        np.array([[1, 2], [3, 4]], np.uint8),
        np.array([[1, 2], [3, 4]], np.float16),
        np.array([[1, 3], [2, 4]], ">f8").T,
        np.array([[1, 2], [0, 0], [3, 4]], np.float32)[::2],
        torch.tensor([[1, 2], [3, 4]], dtype=torch.bfloat16),
        torch.tensor([[1, 2], [3, 4]], dtype=torch.int64),
        torch.tensor([[1.0, 3.0], [2.0, 4.0]], requires_grad=True).T,
        [torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])],
        [np.array([1.0, 2.0]), [3, 4]],
    ],
    ids=str,
)
def test_numbers_of_any_kind_become_one_matrix(values):
    matrix = as_matrix(values)
    np.testing.assert_array_equal(matrix, [[1, 2], [3, 4]])
    assert matrix.dtype == np.float32
    assert matrix.flags.c_contiguous


def test_what_is_a_matrix_already_is_not_copied():
    array, tensor = np.ones((2, 3), np.float32), torch.ones(2, 3)
    assert as_matrix(array) is array
    assert np.shares_memory(as_matrix(tensor), tensor.numpy())


def test_one_dimension_is_one_vector():
    np.testing.assert_array_equal(as_matrix([1, 2, 3]), [[1, 2, 3]])


def test_there_may_be_no_rows():
    assert as_matrix(np.empty((0, 7))).shape == (0, 7)


@pytest.mark.parametrize("values", [[], [[], []], np.empty((0, 0)), np.ones((1, 1, 1)), 3.0], ids=str)
def test_another_shape_is_refused(values):
    with pytest.raises(VectorError, match="shape"):
        as_matrix(values)


@pytest.mark.parametrize("values", [[[1, 2], [3]], [[1, 2], 3]], ids=str)
def test_ragged_vectors_are_refused(values):
    with pytest.raises(VectorError, match="same length"):
        as_matrix(values)


@pytest.mark.parametrize("values", [["a"], [[True]], [[1j]], [[None]], [[10**30]], "text", None], ids=str)
def test_what_is_no_number_is_refused(values):
    with pytest.raises(VectorError, match="queries are not numbers"):
        as_matrix(values, what="queries")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e39])
@pytest.mark.parametrize("row", [0, 1, 4999])
def test_the_first_row_that_is_not_finite_is_named(bad, row):
    values = np.ones((5000, 300))
    values[row, 7] = values[-1, 299] = bad
    with pytest.raises(VectorError, match=f"Row {row} of the vectors"):
        as_matrix(values)


def test_normalized_rows_have_length_one_at_any_scale():
    scales = np.array([1e-44, 1e-38, 1e-20, 1, 1e20, 1e38], np.float32)
    matrix = np.array([[3, 0, -4]], np.float32) / 5 * scales[:, None]
    expected = matrix.astype(np.float64) / np.linalg.norm(matrix.astype(np.float64), axis=1, keepdims=True)
    np.testing.assert_allclose(normalize(matrix), expected, rtol=1e-7)


def test_normalizing_leaves_zeros_and_the_original_alone():
    matrix = np.array([[0, 0], [0, 2]], np.float32)
    np.testing.assert_array_equal(normalize(matrix), [[0, 0], [0, 1]])
    np.testing.assert_array_equal(matrix, [[0, 0], [0, 2]])
    assert normalize(np.empty((0, 3), np.float32)).shape == (0, 3)


@pytest.mark.parametrize("columns", [1, 2, 3, 7, 8, 384])
def test_a_row_sums_to_the_same_bits_wherever_it_stands(columns):
    rng = np.random.default_rng(0)
    row = rng.standard_normal(columns)
    alone = row_sums(torch.tensor(row)[None].clone())
    for rows in (2, 17, 3001):
        sums = row_sums(torch.tensor(np.repeat(row[None], rows, axis=0)))
        assert (sums == alone).all()
    np.testing.assert_allclose(alone, row.sum(), rtol=1e-12)


def test_lengths_are_rounded_correctly():
    # One product alone is exact in float64, so the root has to give the number back.
    numbers = np.random.default_rng(0).random((5000, 1), np.float32)
    np.testing.assert_array_equal(row_norms(numbers), numbers[:, 0].astype(np.float64))


def test_a_read_only_matrix_is_shared_with_torch():
    matrix = np.ones((2, 2), np.float32)
    matrix.flags.writeable = False
    assert as_tensor(matrix).data_ptr() == matrix.ctypes.data


@pytest.mark.parametrize(("rows", "width", "step"), [(10, 3, 3), (10, 100, 1), (0, 3, 3), (7, 0, 10)])
def test_blocks_cover_every_row_once(rows, width, step):
    ranges = list(blocks(rows, width, numbers=10))
    assert [row for start, stop in ranges for row in range(start, stop)] == list(range(rows))
    assert all(stop - start <= step for start, stop in ranges)
