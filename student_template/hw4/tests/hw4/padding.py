"""NDArrays that are flipped and padded."""

import numpy as np
from grader.testing import assert_close, on_student_side


@on_student_side
def call(name, array, argument, view, device):
    """Return facts of a method's result: array, shape, whether compact, whether memory is shared.

    The array may be a view: of its transpose, or of a slice of something larger.
    """
    import needle as ndl
    from needle import backend_ndarray as nd

    place = getattr(ndl, device)()
    if view == "transposed":
        order = tuple(range(array.ndim))[::-1]
        a = nd.array(np.ascontiguousarray(array.transpose(order)), device=place)
        a = nd.NDArray.make(array.shape, a.strides[::-1], place, a._handle)
    elif view == "slice":
        larger = np.full([n + 3 for n in array.shape], 77, np.float32)
        inside = tuple(slice(1, n + 1) for n in array.shape)
        larger[inside] = array
        base = nd.array(larger, device=place)
        offset = sum(base.strides)
        a = nd.NDArray.make(array.shape, base.strides, place, base._handle, offset)
    else:
        a = nd.array(array, device=place)
    out = getattr(a, name)(argument)
    compact = out.strides == nd.NDArray.compact_strides(out.shape)
    facts = {"compact": compact and out._offset == 0, "shared": out._handle is a._handle}
    facts |= {"shape": tuple(out.shape), "device": str(out.device)}
    return out.numpy(), facts, a.numpy()


def check(name, array, argument, view="", device="cpu"):
    """Compare flip or pad with NumPy's; the result is compact, and the array stays as it was."""
    array = np.asarray(array, np.float32)
    found, facts, afterwards = call(name, array, argument, view, device)
    expected = np.flip(array, argument) if name == "flip" else np.pad(array, argument)
    title = f"{view} {array.shape}.{name}({argument})".strip()
    assert facts["shape"] == expected.shape, f"{title}: shape {facts['shape']}"
    assert_close(found, expected, rtol=0, atol=0, dtype="float32", name=title)
    assert facts["compact"], f"{title} is not compact"
    assert not facts["shared"], f"{title} shares the memory of the array"
    assert facts["device"] == f"{device}()", f"{title} is on {facts['device']}"
    assert_close(afterwards, array, rtol=0, atol=0, name=f"{title}: the array afterwards")
