"""The CUDA backend: products of matrices."""

import products


def test_small_matrices(rng):
    """Matrices of odd sizes, which no tile divides."""
    products.check(rng, "cuda", (3, 5, 7), (7, 3, 5), (5, 7, 3))


def test_rows_and_columns(rng):
    """Products with a single row, column or element."""
    products.check(rng, "cuda", (1, 6, 1), (5, 1, 4), (1, 9, 4), (1, 1, 1))


def test_several_blocks(rng):
    """Matrices that need more than one block of threads in both directions."""
    products.check(rng, "cuda", (37, 20, 41), (64, 16, 32))


def test_transposed_matrices(rng):
    """Operands that are not compact."""
    products.check(rng, "cuda", (6, 5, 7), transposed=True)


def test_output_is_written_from_scratch(rng):
    """`matmul` does not add to what its output held before."""
    products.check_call(rng, "cuda", (4, 3, 5), (6, 6, 6))
