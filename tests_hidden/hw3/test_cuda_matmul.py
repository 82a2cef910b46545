"""The CUDA backend: products of matrices of all sizes."""

import products


def sizes(rng, count, high):
    """Return sizes (m, n, p) below `high`."""
    return [tuple(int(n) for n in row) for row in rng.integers(1, high, (count, 3))]


def test_matrices_of_any_size(rng):
    """Matrices whose sizes have nothing in common."""
    products.check(rng, "cuda", *sizes(rng, 6, 20))


def test_matrices_that_are_not_square(rng):
    """Wide and tall matrices: each size is used in its own place."""
    products.check(rng, "cuda", (2, 13, 5), (13, 2, 5), (5, 13, 2), (13, 5, 2), (2, 5, 13))


def test_rows_and_columns(rng):
    """Inner and outer products, and products with one row or column."""
    products.check(rng, "cuda", (1, 17, 1), (11, 1, 13), (1, 9, 12), (12, 9, 1), (1, 1, 1))


def test_multiples_of_tiles(rng):
    """Sizes that small tiles divide, which differ in each direction."""
    products.check(rng, "cuda", (4, 4, 4), (8, 16, 4), (16, 8, 32), (32, 32, 32))


def test_one_more_and_one_less_than_tiles(rng):
    """Sizes just above and just below those of tiles, in one direction at a time."""
    products.check(rng, "cuda", (17, 16, 16), (16, 17, 16), (16, 16, 17), (15, 31, 33))


def test_long_inner_axis(rng):
    """A small product with a long sum for each of its elements."""
    products.check(rng, "cuda", (3, 301, 5), (4, 256, 4))


def test_many_rows_and_columns(rng):
    """Many blocks of threads in one direction only."""
    products.check(rng, "cuda", (301, 3, 2), (2, 3, 301))


def test_several_blocks(rng):
    """Many blocks of threads in both directions."""
    products.check(rng, "cuda", (70, 33, 65), (64, 64, 64))


def test_transposed_matrices(rng):
    """Operands that are not compact."""
    products.check(rng, "cuda", (9, 4, 7), (16, 24, 8), transposed=True)


def test_output_is_written_from_scratch(rng):
    """`matmul` does not add to what its output held before."""
    products.check_call(rng, "cuda", (3, 7, 2), (9, 9, 9), (16, 8, 8))
