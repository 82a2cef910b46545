"""The C++ backend: products of matrices of all sizes."""

import products


def sizes(rng, count, high):
    """Return sizes (m, n, p) below `high`."""
    return [tuple(int(n) for n in row) for row in rng.integers(1, high, (count, 3))]


def test_matrices_of_any_size(rng):
    """Matrices whose sizes have nothing in common."""
    products.check(rng, "cpu", *sizes(rng, 6, 20))


def test_matrices_that_are_not_square(rng):
    """Wide and tall matrices: each size is used in its own place."""
    products.check(rng, "cpu", (2, 13, 5), (13, 2, 5), (5, 13, 2), (13, 5, 2), (2, 5, 13))


def test_rows_and_columns(rng):
    """Inner and outer products, and products with one row or column."""
    products.check(rng, "cpu", (1, 17, 1), (11, 1, 13), (1, 9, 12), (12, 9, 1), (1, 1, 1))


def test_sizes_that_tiles_divide(rng):
    """Multiples of the tile size, which differ in each direction."""
    products.check(rng, "cpu", (8, 8, 8), (16, 8, 24), (8, 32, 16), (40, 16, 8))


def test_sizes_that_tiles_divide_in_part(rng):
    """Two sizes are multiples of the tile size, the third is not."""
    products.check(rng, "cpu", (16, 8, 9), (16, 9, 8), (9, 16, 8))


def test_large_matrices(rng):
    """Matrices beyond the sizes of caches and blocks."""
    products.check(rng, "cpu", (130, 70, 90), (128, 200, 64), (65, 129, 257), (5, 700, 3))


def test_transposed_matrices(rng):
    """Operands that are not compact, with sizes that tiles divide and others."""
    products.check(rng, "cpu", (9, 4, 7), (16, 24, 8), transposed=True)


def test_output_is_written_from_scratch(rng):
    """`matmul` sets its output to zero before it adds."""
    products.check_call(rng, "cpu", (3, 7, 2), (9, 9, 9), (16, 8, 8))


def test_one_tile(rng):
    """`matmul_tiled` of a single tile."""
    products.check_tiled(rng, (1, 1, 1))


def test_tiles_in_each_direction(rng):
    """`matmul_tiled` with several tiles in one direction and one in the others."""
    products.check_tiled(rng, (3, 1, 1), (1, 3, 1), (1, 1, 3))


def test_many_tiles(rng):
    """`matmul_tiled` with numbers of tiles that all differ."""
    products.check_tiled(rng, (2, 3, 5), (5, 2, 3), (3, 5, 2))


def test_the_way_through_tiles(rng):
    """`@` cuts matrices into tiles and puts the product together again."""
    t = products.tile_size("cpu")
    products.check(rng, "cpu", (2 * t, 3 * t, 5 * t), (5 * t, t, 2 * t))
