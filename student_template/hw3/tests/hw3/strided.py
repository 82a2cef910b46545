"""Strided memory: reading from it (`compact`) and writing to it (`setitem`).

A place is (size of the memory, shape, strides, offset), all in elements. Views are made of these
numbers, so that nothing here depends on `permute`, `broadcast_to` or indexing.
"""

import devices
import numpy as np
from grader.testing import assert_close, on_student_side

ITEM = 4


@on_student_side
def compacted(name, places, memory, dirty):
    """Return what `compact` makes of the views at `places` in `memory`."""
    from needle import backend_ndarray as nd

    device = getattr(nd, name)()
    found = []
    for data, (_, shape, strides, offset) in zip(memory, places, strict=True):
        handle = nd.array(data, device=device)._handle
        view = nd.NDArray.make(shape, strides=strides, device=device, handle=handle, offset=offset)
        dirty(nd, device, int(np.prod(shape)))
        array = view.compact()
        # through a copy of the whole memory: `numpy` of a view could hide wrong strides
        flat = nd.NDArray.make((array._handle.size,), device=device, handle=array._handle)
        found.append((tuple(array.shape), tuple(array.strides), array._offset, flat.numpy()))
    return found


@on_student_side
def written(name, places, memory, sources):
    """Return each memory after a source (an array, or a number) was written to the view of it."""
    from needle import backend_ndarray as nd

    device = getattr(nd, name)()
    found = []
    for data, (_, shape, strides, offset), source in zip(memory, places, sources, strict=True):
        base = nd.array(data, device=device)
        if isinstance(source, float):
            size = int(np.prod(shape))
            device.scalar_setitem(size, source, base._handle, shape, strides, offset)
        else:
            array = nd.array(source, device=device)
            device.ewise_setitem(array._handle, base._handle, shape, strides, offset)
        found.append(base.numpy())
    return found


@on_student_side
def assigned(name, data, index, source):
    """Return an array after `array[index] = source`, and whether it kept its memory."""
    from needle import backend_ndarray as nd

    device = getattr(nd, name)()
    array = nd.array(data, device=device)
    view = nd.NDArray.make(array.shape, array.strides, device, array._handle)
    value = source if isinstance(source, float) else nd.array(source, device=device)
    array[tuple(slice(*i) if isinstance(i, tuple) else i for i in index)] = value
    return array.numpy(), view.numpy()


def _memory(rng, places):
    return [rng.normal(size=place[0]).astype(np.float32) for place in places]


def _view(data, place):
    _, shape, strides, offset = place
    steps = [stride * ITEM for stride in strides]
    return np.lib.stride_tricks.as_strided(data[offset:], shape, steps)


def check_compact(rng, device, *places):
    """Check that `compact` reads the elements of views in order, into memory of their own."""
    devices.require(device)
    memory = _memory(rng, places)
    found = compacted(device, list(places), memory, devices.dirty)
    for data, place, (shape, strides, offset, flat) in zip(memory, places, found, strict=True):
        expected = np.array(_view(data, place), order="C")
        title = f"compact of shape {place[1]}, strides {place[2]}, offset {place[3]}"
        assert shape == expected.shape, f"{title}: shape {shape}"
        assert offset == 0, f"{title}: offset {offset}"
        wanted = tuple(stride // ITEM for stride in expected.strides)
        assert strides == wanted, f"{title}: strides {strides}, expected {wanted}"
        assert_close(flat, expected.ravel(), rtol=0, atol=0, dtype="float32", name=title)


def check_write(rng, device, *places, number=None):
    """Check that writing an array (or `number`) to views changes their elements and no other."""
    devices.require(device)
    memory = _memory(rng, places)
    sources = [
        rng.normal(size=place[1]).astype(np.float32) if number is None else float(number)
        for place in places
    ]
    found = written(device, list(places), memory, sources)
    for data, place, source, got in zip(memory, places, sources, found, strict=True):
        expected = data.copy()
        _view(expected, place)[...] = source
        title = f"writing to shape {place[1]}, strides {place[2]}, offset {place[3]}"
        assert_close(got, expected, rtol=0, atol=0, dtype="float32", name=title)


def check_assign(rng, device, shape, index, source):
    """Check `array[index] = source` for an array (its shape is given) or a number as source."""
    devices.require(device)
    data = rng.normal(size=shape).astype(np.float32)
    if isinstance(source, tuple):
        source = rng.normal(size=source).astype(np.float32)
    array, same = assigned(device, data, index, source)
    where = tuple(slice(*i) if isinstance(i, tuple) else slice(i, i + 1) for i in index)
    data[where] = source if isinstance(source, float) else source.reshape(data[where].shape)
    title = f"array{list(shape)} after an assignment to {index}"
    assert_close(array, data, rtol=0, atol=0, dtype="float32", name=title)
    assert_close(same, data, rtol=0, atol=0, name=f"{title}, through another view of its memory")
