"""Views of NDArrays, and copies between strided and compact memory, against NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ndarray_kit import expect, strided_views


def strides(array: np.ndarray) -> tuple[int, ...]:
    return tuple(stride // array.itemsize for stride in array.strides)


@pytest.mark.parametrize("seed", range(8))
def test_views_of_views_are_numpys(nd, device, seed):
    for array, expected in strided_views(nd, device, seed):
        expect(array, expected)
        expect(array.compact(), expected)
        assert array.compact().is_compact()
        if 1 not in expected.shape:  # NumPy's strides along one element mean nothing
            assert array.strides == strides(expected)


@pytest.mark.parametrize("seed", range(8))
def test_writing_into_views_writes_these_elements_only(nd, device, seed):
    for view, shown in strided_views(nd, device, seed, memory=True):
        array, expected = view.memory, shown.memory
        source = np.random.default_rng(seed).standard_normal(shown.array.shape).astype("float32")
        view.array[(slice(None),) * shown.array.ndim] = nd.array(source, device=device)
        shown.array[...] = source
        expect(array, expected)
        view.array[(slice(None),) * shown.array.ndim] = 7
        shown.array[...] = 7
        expect(array, expected)


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((33, 47), (1, 0)),
        ((200, 300), (1, 0)),
        ((3, 17, 18, 5), (0, 3, 1, 2)),
        ((3, 5, 17, 18), (0, 2, 3, 1)),
        ((2, 3, 4, 5, 6, 7), (5, 4, 3, 2, 1, 0)),
        ((2, 1, 3, 1, 2, 3, 2), (6, 0, 5, 1, 4, 2, 3)),
        ((65, 1), (1, 0)),
        ((), ()),
    ],
)
def test_turned_axes(nd, device, shape, axes):
    data = np.random.default_rng(0).standard_normal(shape).astype("float32")
    turned = nd.array(data, device=device).permute(axes)
    expect(turned.compact(), data.transpose(axes))
    target = nd.array(np.zeros(shape), device=device).permute(axes)
    target[(slice(None),) * len(shape)] = nd.array(data.transpose(axes), device=device)
    expect(target, data.transpose(axes))


@pytest.mark.parametrize("shape", [(7,), (5, 4), (4, 1, 6), (3, 4, 5, 6)])
def test_flips_and_paddings(nd, device, shape):
    data = np.random.default_rng(0).standard_normal(shape).astype("float32")
    array = nd.array(data, device=device)
    for axes in (0, (len(shape) - 1,), tuple(range(len(shape)))):
        flipped = array.flip(axes)
        assert flipped.is_compact()
        expect(flipped, np.flip(data, axes))
    sides = [(i, 3 - i) if i < 3 else (0, 0) for i in range(len(shape))]
    expect(array.pad(sides), np.pad(data, sides))
    expect(array, data)


def test_negative_strides_are_read(nd, device):
    array = nd.array(np.arange(12), device=device)
    backwards = nd.NDArray.make((3, 4), (-1, -3), device, array._handle, 11)
    expect(backwards, [[11, 8, 5, 2], [10, 7, 4, 1], [9, 6, 3, 0]])
    expect(backwards.compact(), backwards.numpy())


def test_views_share_memory_and_compact_arrays_are_their_own_copy(nd, device):
    array = nd.array(np.arange(24).reshape(2, 3, 4), device=device)
    views: list[Any] = [array.reshape((6, 4)), array.permute((2, 0, 1)), array[1, :, ::2]]
    views += [array.flat, array.reshape((2, 3, 4, 1)).broadcast_to((2, 3, 4, 5))]
    assert all(view._handle is array._handle for view in views)
    assert array.compact() is array
    array[1, 2, 3] = 99
    assert views[0].numpy()[5, 3] == views[1].numpy()[3, 1, 2] == views[3].numpy()[23] == 99


def test_a_part_of_memory_is_not_compact(nd, device):
    part = nd.array(np.arange(10), device=device)[:4]
    assert part.strides == (1,)
    assert not part.is_compact()
    with pytest.raises(ValueError, match="not compact"):
        part.reshape((2, 2))


def test_an_index_keeps_its_axis(nd, device):
    data = np.arange(24, dtype="float32").reshape(2, 3, 4)
    array = nd.array(data, device=device)
    expect(array[1, 0, 2], data[1:2, 0:1, 2:3])
    expect(array[-1, 0:9, -3:-1], data[-1:, :, -3:-1])


def test_what_does_not_fit_is_refused(nd, device):
    array = nd.array(np.zeros((2, 3)), device=device)
    with pytest.raises(ValueError, match="6 elements"):
        array.reshape((4, 2))
    with pytest.raises(AssertionError, match=r"cannot broadcast \(2, 3\) to \(2, 4\)"):
        array.broadcast_to((2, 4))
    with pytest.raises(AssertionError, match="no order of the 2 axes"):
        array.permute((0, 0))
    with pytest.raises(AssertionError, match=r"1 indices for the axes of \("):
        array[1]
    with pytest.raises(AssertionError, match="outside of axis 1"):
        array[0, 3]
    with pytest.raises(AssertionError, match="takes nothing"):
        array[0, 2:1]
    with pytest.raises(AssertionError, match="does not fit"):
        array[0, :] = array


def test_numpys_names_mean_what_numpy_means(nd, device):
    data = np.arange(24, dtype="float32").reshape(2, 3, 4)
    array = nd.array(data, device=device)
    expect(nd.reshape(array.permute((2, 1, 0)), (4, -1)), data.T.reshape(4, -1))
    expect(
        nd.broadcast_to(array[:, :1, :], (5, 2, 3, 4)), np.broadcast_to(data[:, :1], (5, 2, 3, 4))
    )
    expect(nd.transpose(array), data.T)
    expect(nd.swapaxes(array, 0, -1), data.swapaxes(0, -1))
    expect(nd.zeros_like(array), np.zeros_like(data))
    expect(nd.ones_like(array), np.ones_like(data))
