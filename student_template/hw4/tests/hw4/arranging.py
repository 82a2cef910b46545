"""Stacks of tensors, and tensors that are split."""

import numpy as np
import places
from grader.testing import assert_close, on_student_side


@on_student_side
def stack(arrays, axis, kind, device):
    """Return array, dtype and device of a stack of tensors, given as a list or tuple."""
    import needle as ndl

    place = getattr(ndl, device)()
    tensors = [ndl.Tensor(array, device=place, dtype="float32") for array in arrays]
    out = ndl.stack(tuple(tensors) if kind == "tuple" else tensors, axis)
    return out.numpy(), str(out.dtype), str(out.device)


@on_student_side
def stack_gradients(arrays, axis, weights):
    """Return the gradients of all tensors of a stack, whose elements are weighted."""
    import needle as ndl

    tensors = [ndl.Tensor(array, dtype="float32") for array in arrays]
    out = ndl.stack(tensors, axis)
    out.backward(ndl.Tensor(weights, dtype="float32"))
    return [tensor.grad.numpy() for tensor in tensors]


@on_student_side
def split(array, axis, device):
    """Return array, dtype and device of every part of a tensor."""
    import needle as ndl

    place = getattr(ndl, device)()
    parts = ndl.split(ndl.Tensor(array, device=place, dtype="float32"), axis)
    found = [(part.numpy(), str(part.dtype), str(part.device)) for part in parts.tuple()]
    return type(parts).__name__, len(parts), found


@on_student_side
def split_gradient(array, axis, factors):
    """Return the gradient of a tensor for the sum of its parts, part i times factors[i]."""
    import needle as ndl

    a = ndl.Tensor(array, dtype="float32")
    parts = ndl.split(a, axis)
    out = None
    for i, factor in enumerate(factors):
        if factor is not None:
            term = parts[i] * factor
            out = term if out is None else out + term
    out.backward()
    return a.grad.numpy()


def check_stack(rng, shape, count, axis, kind="list", device="cpu"):
    """Compare a stack with NumPy's."""
    arrays = [rng.normal(size=shape).astype(np.float32) for _ in range(count)]
    found = stack(arrays, axis, kind, device)
    title = f"stack of {count} times {shape}, axis {axis}"
    assert_close(found[0], np.stack(arrays, axis), rtol=0, atol=0, dtype="float32", name=title)
    places.check_place(found, device, title)


def check_stack_gradients(rng, shape, count, axis):
    """Every tensor of a stack gets its part of the adjoint."""
    arrays = [rng.normal(size=shape).astype(np.float32) for _ in range(count)]
    weights = rng.normal(size=np.stack(arrays, axis).shape).astype(np.float32)
    found = stack_gradients(arrays, axis, weights)
    for i, got in enumerate(found):
        expected = np.take(weights, i, axis)
        title = f"gradient of tensor {i} of {count} in a stack along axis {axis}"
        assert_close(got, expected, rtol=0, atol=0, dtype="float32", name=title)


def check_split(rng, shape, axis, device="cpu"):
    """Compare all parts with the slices of the array; they do not have the axis any more."""
    array = rng.normal(size=shape).astype(np.float32)
    kind, count, found = split(array, axis, device)
    title = f"split of {shape}, axis {axis}"
    assert kind == "TensorTuple", f"{title} is a {kind}, not a TensorTuple"
    assert count == len(found) == shape[axis], f"{title}: {count} parts"
    for i, part in enumerate(found):
        name = f"{title}, part {i}"
        assert_close(part[0], np.take(array, i, axis), rtol=0, atol=0, dtype="float32", name=name)
        places.check_place(part, device, name)


def check_split_gradient(rng, shape, axis, unused=()):
    """The gradient collects the adjoints of the parts; parts that are not used add nothing."""
    array = rng.normal(size=shape).astype(np.float32)
    factors = [None if i in unused else i + 1.5 for i in range(shape[axis])]
    expected = np.empty(shape)
    for i, factor in enumerate(factors):
        expected[(slice(None),) * axis + (i,)] = factor or 0
    got = split_gradient(array, axis, factors)
    assert_close(got, expected, rtol=0, atol=0, dtype="float32", name=f"gradient of {shape}")
