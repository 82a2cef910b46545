"""Your modules, made with known random numbers, and what they compute."""

import numpy as np
from grader.testing import assert_close, on_student_side

#: comparisons of float32 with float64
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@on_student_side
def attend(q, k, v, options, mode, seed):
    """Return results and weights of attention on the CPU, with or without dropout."""
    import needle as ndl
    from needle import nn

    device = ndl.cpu()
    module = nn.MultiHeadAttention(device=device, **options)
    getattr(module, mode)()
    np.random.seed(seed)
    found = module(*(ndl.Tensor(x, device=device, dtype="float32") for x in (q, k, v)))
    return [x.numpy() for x in found]


@on_student_side
def attend_backward(q, k, v, options, weights):
    """Return the gradients of the weighted sum of attention's result."""
    import needle as ndl
    from needle import nn

    device = ndl.cpu()
    module = nn.MultiHeadAttention(device=device, **options)
    inputs = [ndl.Tensor(x, device=device, dtype="float32") for x in (q, k, v)]
    result, _ = module(*inputs)
    (result * ndl.Tensor(weights, device=device, dtype="float32")).sum().backward()
    return [x.grad.numpy() for x in inputs]


@on_student_side
def run(name, arguments, options, inputs, weights, seed, mode, draw, device="cpu"):
    """Make a module after seeding with `seed`; return what it computes and all gradients.

    `weights` weigh the output, so that errors do not cancel. `draw` seeds what dropout draws.
    """
    import needle as ndl
    from needle import nn

    device = getattr(ndl, device)()
    np.random.seed(seed)
    module = getattr(nn, name)(*arguments, device=device, **options)
    getattr(module, mode)()
    parameters = module.parameters()
    tensors = [ndl.Tensor(x, device=device, dtype="float32") for x in inputs]
    np.random.seed(draw)
    out = module(*tensors)
    out, *others = out if isinstance(out, tuple) else (out,)
    found = {
        "out": out.numpy(),
        "others": [other.numpy() for other in others],
        "dtype": str(out.dtype),
        "devices": [str(x.device) for x in (out, *others, *parameters)],
        "parameters": [p.numpy() for p in parameters],
    }
    (out * ndl.Tensor(weights, device=device, dtype="float32")).sum().backward()
    gradients = [getattr(x, "grad", None) for x in (*tensors, *parameters)]
    found["gradients"] = [None if g is None else g.numpy() for g in gradients]
    return found


def uneven(shape):
    """Return fixed weights of both signs."""
    return np.cos(1.7 * np.arange(np.prod(shape))).reshape(shape) + 0.1


def slope(function, arrays, position, direction, eps=1e-5):
    """Return the derivative of `function(arrays)` when one array moves in a direction."""
    values = []
    for sign in (1, -1):
        moved = list(arrays)
        moved[position] = arrays[position] + sign * eps * direction
        values.append(function(moved))
    return (values[0] - values[1]) / (2 * eps)


def check_gradient(rng, function, arrays, position, gradient, name):
    """Compare a gradient with differences of `function(arrays)` in three directions."""
    assert gradient is not None, f"{name} has no gradient"
    shape = arrays[position].shape
    assert gradient.shape == shape, f"{name}: gradient of shape {gradient.shape}, not {shape}"
    assert np.isfinite(gradient).all(), f"{name}: the gradient is not finite"
    for _ in range(3):
        direction = rng.normal(size=shape)
        expected = slope(function, arrays, position, direction)
        got = float((gradient.astype(np.float64) * direction).sum())
        size = float(np.abs(gradient * direction).sum())
        assert_close(
            np.float64(got), expected, rtol=2e-3, atol=1e-4 * (1 + size), name=f"slope of {name}"
        )


def match(parameters, drawn):
    """Return the position among a module's parameters of each weight that it has to hold."""
    found = []
    for number, weight in enumerate(drawn):
        places = [
            i
            for i, p in enumerate(parameters)
            if p.shape == weight.shape and np.allclose(p, weight, rtol=1e-4, atol=1e-5)
        ]
        assert places, (
            f"no parameter is weight {number + 1} of {len(drawn)}, of shape {weight.shape}, in the "
            "order in which the weights are to be drawn"
        )
        found.append(places[0])
    return found
