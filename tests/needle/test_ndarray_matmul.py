"""Products of matrices, against NumPy in double precision."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from ndarray_kit import expect

#: below, at and above the sizes of tiles, blocks and panels
SIZES = (
    *[(1, 1, 1), (1, 9, 1), (3, 1, 4), (8, 8, 8), (16, 24, 32), (12, 7, 33), (13, 31, 32)],
    *[(31, 33, 30), (64, 64, 64), (65, 257, 66), (250, 3, 5), (5, 300, 2100), (241, 513, 40)],
    *[(1, 20, 8200), (130, 9, 8200)],
)


def matrices(m: int, n: int, p: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(m + n + p)
    a, b = (random.standard_normal(shape).astype("float32") for shape in ((m, n), (n, p)))
    return a, b, a.astype("float64") @ b.astype("float64")


@pytest.mark.parametrize("sizes", SIZES)
def test_sizes(nd, device, sizes):
    a, b, product = matrices(*sizes)
    left, right = nd.array(a, device=device), nd.array(b, device=device)
    out = nd.NDArray.make(product.shape, device=device)
    device.matmul(left._handle, right._handle, out._handle, *sizes)
    expect(out, product, rtol=1e-5, atol=1e-4)
    left_turned = nd.array(a.T, device=device).permute((1, 0))
    right_turned = nd.array(b.T, device=device).permute((1, 0))
    for x, y in ((left, right), (left_turned, right), (left, right_turned)):
        expect(x @ y, product, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("sizes", [(8, 16, 24), (40, 8, 64), (264, 136, 72)])
def test_tiles_are_multiplied_like_matrices(nd, sizes):
    (m, n, p), device, tile = sizes, nd.cpu(), nd.cpu().__tile_size__
    a, b, product = matrices(m, n, p)

    def tiles(matrix: np.ndarray) -> Any:
        rows, columns = matrix.shape
        cut = matrix.reshape(rows // tile, tile, columns // tile, tile).swapaxes(1, 2)
        return nd.array(cut, device=device)

    out = nd.NDArray.make((m // tile, p // tile, tile, tile), device=device)
    device.matmul_tiled(tiles(a)._handle, tiles(b)._handle, out._handle, m, n, p)
    expect(out.permute((0, 2, 1, 3)).compact().reshape((m, p)), product, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("sizes", [(8, 16, 24), (12, 8, 4), (9, 5, 7)])
def test_a_backend_without_functions_for_strides(nd, sizes):
    """What students write has the functions of the course only."""
    functions = dict(vars(nd.cpu().mod))
    del functions["matmul_strided"], functions["sum_axis"], functions["max_axis"]
    device = nd.BackendDevice("cpu", SimpleNamespace(**functions))
    a, b, product = matrices(*sizes)
    left, right = nd.array(a, device=device), nd.array(b.T, device=device).permute((1, 0))
    expect(left @ right, product, rtol=1e-5, atol=1e-5)
    for axis in (0, 1, (0, 1)):
        expect(left.sum(axis), a.sum(axis, dtype="float64"), rtol=1e-5, atol=1e-5)
        expect(left.max(axis), a.max(axis))


def test_operands_keep_their_own_strides(nd, device):
    a, b, product = matrices(24, 40, 16)
    turned = nd.array(a.T, device=device).permute((1, 0))
    wide = np.zeros((40, 32), dtype="float32")
    wide[:, ::2] = b
    expect(turned @ nd.array(wide, device=device)[:, ::2], product, rtol=1e-5, atol=1e-4)


def test_only_matrices_that_fit(nd, device):
    a, b, vector = (nd.array(np.zeros(shape), device=device) for shape in ((2, 3), (4, 2), (3,)))
    with pytest.raises(AssertionError, match=r"\(2, 3\) and \(4, 2\)"):
        a @ b
    with pytest.raises(AssertionError, match="only matrices"):
        a @ vector
