"""The C++ backend: products of matrices."""

import products


def test_small_matrices(rng):
    """Matrices of odd sizes, which no tile divides."""
    products.check(rng, "cpu", (3, 5, 7), (7, 3, 5), (5, 7, 3))


def test_rows_and_columns(rng):
    """Products with a single row, column or element."""
    products.check(rng, "cpu", (1, 6, 1), (5, 1, 4), (1, 9, 4), (1, 1, 1))


def test_matrices_that_tiles_divide(rng):
    """Sizes that are multiples of the tile take the way through `matmul_tiled`."""
    products.check(rng, "cpu", (16, 24, 8), (32, 8, 16))


def test_transposed_matrices(rng):
    """Operands that are not compact."""
    products.check(rng, "cpu", (6, 5, 7), (8, 16, 24), transposed=True)


def test_output_is_written_from_scratch(rng):
    """`matmul` does not add to what its output held before."""
    products.check_call(rng, "cpu", (4, 3, 5), (6, 6, 6))


def test_tiles(rng):
    """`matmul_tiled` multiplies matrices whose tiles lie one after the other."""
    products.check_tiled(rng, (1, 1, 1), (2, 3, 4))
