"""Views of arrays: what NDArray makes of a few steps, and what NumPy makes of them.

A step is a method and its argument: ("reshape", shape), ("permute", axes), ("broadcast_to", shape)
or ("getitem", index). In an index, a tuple (start, stop, step) is a slice.
"""

import numpy as np
from grader.testing import assert_close, on_student_side

#: bytes of a float32
ITEM = 4


@on_student_side
def looked_at(data, steps):
    """Take the steps; return what the view is, and its values before and after a write to all."""
    from needle import backend_ndarray as nd

    base = nd.array(data, device=nd.cpu_numpy())
    view = base
    for method, argument in steps:
        if method == "getitem":
            view = view[tuple(slice(*i) if isinstance(i, tuple) else i for i in argument)]
        else:
            view = getattr(view, method)(argument)
    before = view.numpy().copy()
    base.fill(7.0)
    return {
        "shape": tuple(view.shape),
        "strides": tuple(view.strides),
        "offset": view._offset,
        "values": before,
        "afterwards": view.numpy().copy(),
        "array": (tuple(base.shape), tuple(base.strides)),
    }


def by_numpy(data, steps):
    """Take the same steps with NumPy, where every index keeps its axis."""
    view = data
    for method, argument in steps:
        if method == "getitem":
            view = view[tuple(slice(*i) if isinstance(i, tuple) else _one(i) for i in argument)]
        elif method == "permute":
            view = view.transpose(argument)
        elif method == "broadcast_to":
            view = np.broadcast_to(view, argument)
        else:
            view = view.reshape(argument)
    return view


def _one(index):
    return slice(index, index + 1)


def check(rng, shape, *steps):
    """Compare the view that some steps make of an array of a shape with NumPy's."""
    data = rng.normal(size=shape).astype(np.float32)
    found, expected = looked_at(data, list(steps)), by_numpy(data, steps)
    title = " ".join(f"{method}{argument}" for method, argument in steps)
    assert found["shape"] == expected.shape, f"{title}: {found['shape']}, not {expected.shape}"
    assert_close(found["values"], expected, rtol=0, atol=0, dtype="float32", name=title)
    return data, found, expected


def check_memory(rng, shape, *steps):
    """Compare strides and offset too, and that the view sees what is written to the array."""
    data, found, expected = check(rng, shape, *steps)
    strides = tuple(stride // ITEM for stride in expected.strides)
    # the stride of an axis of size 1 is never used, so any will do
    ours = [s for s, n in zip(found["strides"], expected.shape, strict=True) if n > 1]
    wanted = [s for s, n in zip(strides, expected.shape, strict=True) if n > 1]
    assert ours == wanted, f"strides {found['strides']}, expected {strides}"
    offset = (expected.__array_interface__["data"][0] - data.__array_interface__["data"][0]) // ITEM
    assert found["offset"] == offset, f"offset {found['offset']}, expected {offset}"
    array = (data.shape, tuple(stride // ITEM for stride in data.strides))
    assert found["array"] == array, f"the array itself has changed to {found['array']}"
    sevens = np.full(expected.shape, 7, np.float32)
    assert_close(found["afterwards"], sevens, name="after the array was filled with 7")


@on_student_side
def refusal(shape, method, argument):
    """Return the name of the exception that a step raises, "" for none."""
    from needle import backend_ndarray as nd

    array = nd.array(np.zeros(shape, np.float32), device=nd.cpu_numpy())
    if method == "reshape of a permuted array":
        array, method = (
            nd.NDArray.make(shape[::-1], (1, shape[1]), array.device, array._handle),
            "reshape",
        )
    try:
        getattr(array, method)(argument)
    except Exception as error:
        return type(error).__name__
    return ""


def check_refused(shape, method, argument, kind):
    """Check that a step raises an exception of a kind."""
    raised = refusal(shape, method, argument)
    assert raised, f"{method} of {shape} to {argument} is accepted; it has to raise {kind}"
    assert raised == kind, f"{method} of {shape} to {argument} raises {raised}, not {kind}"
