"""Reverse mode on graphs that use a value in many ways. Only given operators are used."""

import needle as ndl
import numpy as np
from grader.testing import assert_close, check_gradient, check_gradients, on_student_side


def program(ndl, *tensors, steps):
    """Apply steps (name, positions or number) to a list of tensors; return the last of them."""
    values = list(tensors)
    for name, first, second in steps:
        if name == "add":
            values.append(values[first] + values[second])
        elif name == "multiply":
            values.append(values[first] * values[second])
        elif name == "scale":
            values.append(values[first] * second)
        else:
            values.append(values[first] + second)
    out = values[0]
    for value in values[1:]:
        out = out + value
    return out


def random_steps(rng, inputs, count):
    steps = []
    for position in range(inputs, inputs + count):
        name = str(rng.choice(["add", "multiply", "scale", "shift"]))
        first = int(rng.integers(0, position))
        number = name in ("scale", "shift")
        second = float(rng.uniform(-1, 1)) if number else int(rng.integers(0, position))
        steps.append((name, first, second))
    return steps


def square(ndl, x):
    return x * x


def powers(ndl, x):
    out = x
    for _ in range(4):
        out = out * x + x
    return out


def diamond(ndl, x, y):
    left, right = x * y, x + y
    return left * right + right * right + left


def doubled(ndl, x):
    out = x
    for _ in range(12):
        out = out + out
    return out


def unequal_depth(ndl, x):
    deep = ((x + 1) * 2 + 3) * 0.5
    return x * deep * (deep + x)


def second_order(ndl, x, y):
    out = x * x * y + x * y * y * y
    out.backward()
    return x.grad * y.grad


def test_a_value_used_many_times(rng):
    """Gradients of a tensor that is used many times are summed over all uses."""
    for function in (square, powers, unequal_depth):
        check_gradient(function, rng.uniform(-1, 1, (2, 3)))


def test_many_paths(rng):
    """The gradient through values that several others use, on two or on thousands of paths."""
    check_gradient(diamond, rng.normal(size=(2, 3)), rng.normal(size=(2, 3)))
    check_gradient(doubled, [0.5, -0.25])


def test_random_programs(rng):
    """The gradients of randomly made expressions with respect to all their inputs."""
    programs = [{"steps": random_steps(rng, 3, 12)} for _ in range(4)]
    inputs = [[rng.uniform(-1, 1, (2, 2)) for _ in range(3)] for _ in programs]
    check_gradients(program, list(zip(inputs, programs, strict=True)))


def test_intermediate_values(rng):
    """backward starts from the given adjoint and stores the gradient of every node on the way."""
    x, y, seed = (rng.normal(size=(2, 3)) for _ in range(3))
    a, b = ndl.Tensor(x), ndl.Tensor(y)
    middle = a * b
    out = middle * middle + middle * 3
    out.backward(ndl.Tensor(seed))
    slope = (2 * x * y + 3) * seed
    assert_close(out.grad.numpy(), seed, name="gradient of the output")
    assert_close(middle.grad.numpy(), slope, name="gradient of the middle")
    assert_close(a.grad.numpy(), slope * y, name="gradient of the input")


def test_backward_again_starts_anew(rng):
    """A second backward replaces the gradients of the first one."""
    x = rng.normal(size=4)
    a = ndl.Tensor(x)
    out = a * a * 2
    out.backward()
    out.backward()
    assert_close(a.grad.numpy(), 4 * x, name="after the same output again")
    (a * 5).backward()
    assert_close(a.grad.numpy(), np.full(4, 5.0), name="after another output")


@on_student_side
def derivatives_of_a_power(x, exponent, order):
    """Return the derivatives of x * x * ... * x, one after the other."""
    import needle as ndl

    a = ndl.Tensor(x)
    out = a
    for _ in range(exponent - 1):
        out = out * a
    found = []
    for _ in range(order):
        out.backward()
        out = a.grad
        found.append(out.numpy())
    return found


def test_higher_derivatives(rng):
    """Gradients can be differentiated again and again, also with respect to several inputs."""
    check_gradient(second_order, rng.normal(size=3), rng.normal(size=3))
    x = rng.uniform(0.5, 2, 5)
    first, second, third = derivatives_of_a_power(x, 5, 3)
    assert_close(first, 5 * x**4, name="first derivative")
    assert_close(second, 20 * x**3, name="second derivative")
    assert_close(third, 60 * x**2, name="third derivative")


def test_data_stay_as_they_are(rng):
    """backward changes no data, neither of inputs nor of the output nor of the given adjoint."""
    x, seed = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    a, start = ndl.Tensor(x), ndl.Tensor(seed)
    out = a * a + a + a
    out.backward(start)
    assert_close(a.grad.numpy(), (2 * x + 2) * seed, name="gradient of the input")
    for name, tensor, before in (("x", a, x), ("out", out, x * x + 2 * x), ("seed", start, seed)):
        assert_close(tensor.numpy(), before, name=name)


@on_student_side
def gradients_of_constants(x):
    """Return the gradient of x * c for a tensor c that needs none, and of a second x * c."""
    import needle as ndl

    a, c = ndl.Tensor(x), ndl.Tensor(x + 1, requires_grad=False)
    (a * c + c).backward()
    first = a.grad.numpy()
    (c * a).backward()
    return first, a.grad.numpy()


def test_constants_and_float32(rng):
    """Tensors that need no gradient may take part, and float32 graphs have float32 gradients."""
    x = rng.normal(size=4).astype(np.float32)
    for found in gradients_of_constants(x):
        assert_close(found, x + 1, dtype="float32")
