"""The operators of homeworks 1 and 2 on NDArrays, for axes and shapes of all kinds."""

import numpy as np
import places
import pytest
from grader.testing import assert_close, check_gradient, on_student_side
from operators import check, check_named


def away_from_zero(rng, shape):
    return rng.uniform(0.3, 2, shape) * rng.choice([-1, 1], shape)


def difference(ndl, a, b):
    return a - b * 2 - 1


def test_sums_and_products(rng):
    """Sums, products and differences of two tensors, or of a tensor and a number."""
    a, b = rng.normal(size=(2, 2, 3, 4))
    check_named("add", ([a, b], {}))
    check_named("multiply", ([a, b], {}))
    check_named("add_scalar", ([a], {"scalar": -1.5}))
    check_named("mul_scalar", ([a], {"scalar": -0.75}))
    check_gradient(difference, a, b, dtype="float32")


def test_quotients(rng):
    """Quotients of two tensors, or of a tensor and a number."""
    a, b = away_from_zero(rng, (2, 3, 4))
    check_named("divide", ([a, b], {}), ([a[0], b[0]], {}))
    check_named("divide_scalar", ([a], {"scalar": -3}), ([a], {"scalar": 0.25}))


def test_powers(rng):
    """Powers with positive, negative and fractional exponents."""
    a = rng.uniform(0.5, 2, (3, 4))
    check_named("power_scalar", *(([a], {"scalar": s}) for s in (3, -1, -2, 0.5, 1)))
    check_named("power_scalar", ([-a], {"scalar": 2}), ([a], {"scalar": 0}))


def test_functions(rng):
    """negate, exp, log and relu of tensors with any number of axes."""
    for shape in ((5,), (2, 3), (2, 1, 3, 2)):
        check_named("negate", ([rng.normal(size=shape)], {}))
        check_named("exp", ([rng.uniform(-2, 2, shape)], {}))
        check_named("log", ([rng.uniform(0.3, 3, shape)], {}))
        check_named("relu", ([away_from_zero(rng, shape)], {}))


def test_relu_at_zero():
    """The derivative of relu at zero is zero."""
    check("relu", lambda a: np.maximum(a, 0), [([np.array([0.0, 1.0, -1.0, 0.0])], {})])


def test_sum_over_everything(rng):
    """The sum over all elements, of tensors with any number of axes."""
    check_named("summation", *(([rng.normal(size=s)], {}) for s in ((4,), (3, 4), (2, 3, 2))))


def test_sum_over_axes(rng):
    """Sums over one axis or several, in any order, where sizes differ and where they do not."""
    axes = (0, 1, 2, (0,), (0, 1), (0, 2), (1, 2), (2, 0), (0, 1, 2))
    a, b = rng.normal(size=(2, 3, 4)), rng.normal(size=(3, 3, 3))
    check_named("summation", *(([x], {"axes": each}) for x in (a, b) for each in axes))


def test_broadcast_to(rng):
    """Repeat along axes of size 1, new axes in front, both, and none."""
    pairs = [((1, 4), (3, 4)), ((3, 1), (3, 4)), ((4,), (2, 3, 4)), ((1, 1), (2, 3))]
    pairs += [((3, 1), (2, 3, 4)), ((1,), (3, 2)), ((2, 3), (2, 3)), ((5, 4, 1), (5, 4, 3))]
    pairs += [((3, 3), (3, 3, 3)), ((1, 1, 1), (2, 2, 2))]
    check_named("broadcast_to", *(([rng.normal(size=a)], {"shape": b}) for a, b in pairs))


def test_reshape(rng):
    """Other shapes with as many elements, for any number of axes."""
    pairs = [((3, 4), (12,)), ((6,), (2, 3)), ((2, 3, 4), (4, 6)), ((4,), (1, 4, 1))]
    check_named("reshape", *(([rng.normal(size=a)], {"shape": b}) for a, b in pairs))


def test_transpose(rng):
    """Swap the last two axes, or any two."""
    a, b = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3, 4, 2))
    axes = (None, (0, 1), (1, 2), (0, 2), (2, 0))
    check_named("transpose", *(([a], {"axes": each}) for each in axes))
    check_named("transpose", *(([b], {"axes": each}) for each in ((1, 3), (0, 3), None)))


def test_matmul(rng):
    """Products of matrices of odd sizes, of sizes that tiles divide, and of rows and columns."""
    for m, n, p in ((3, 5, 7), (1, 6, 1), (5, 1, 4), (8, 16, 8), (9, 8, 17)):
        check_named("matmul", ([rng.normal(size=(m, n)), rng.normal(size=(n, p))], {}))


def test_logsumexp(rng):
    """Logarithms of sums of exponentials over any axes, also of large numbers."""
    a = rng.normal(size=(2, 3, 4))
    axes = (None, 0, 2, (1,), (0, 1), (2, 0), (0, 1, 2))
    check_named("logsumexp", *(([a], {"axes": each}) for each in axes))
    large = np.array([[100.0, 101.0], [-200.0, -201.0], [88.0, -90.0]])
    check_named("logsumexp", *(([large], {"axes": each}) for each in (None, 0, 1)))


def test_logsoftmax(rng):
    """Logarithms of shares in each row, also of large numbers."""
    check_named("logsoftmax", ([rng.normal(0, 3, (5, 4))], {}), ([rng.normal(size=(1, 6))], {}))
    check_named("logsoftmax", ([np.array([[300.0, 301.0], [-200.0, -202.0]])], {}))


def through_views(ndl, a, b):
    x = a.transpose((0, 1)).reshape((2, 6)) * b.broadcast_to((2, 6))
    y = x.transpose().sum(axes=1).reshape((6, 1)).broadcast_to((6, 2)).transpose()
    return ndl.exp(y / 4) @ x.transpose()


def powers_and_quotients(ndl, a, b):
    rows = (a * a + 1).sum(axes=(1,)).reshape((4, 1)).broadcast_to((4, 3))
    return ndl.log(rows) / (a + 4) ** 2 - ndl.relu(a) * b.sum().broadcast_to((4, 3))


def test_operators_on_views(rng):
    """Operators one after the other, on tensors whose memory is transposed or broadcast."""
    shapes = (4, 3), (1, 6)
    check_gradient(through_views, *(rng.normal(size=s) for s in shapes), dtype="float32")
    a = rng.uniform(0.2, 1, (4, 3)) * rng.choice([-1, 1], (4, 3))
    check_gradient(powers_and_quotients, a, rng.normal(size=(2, 2)), dtype="float32")


@on_student_side
def unchanged(a, b):
    """Return both operands after operators and their gradients."""
    import needle as ndl

    x, y = (ndl.Tensor(data, dtype="float32") for data in (a, b))
    out = ndl.relu(x * y + x) @ ndl.transpose(ndl.exp(y))
    (ndl.logsumexp(out, axes=1) + ndl.log(x * x + 1).sum(axes=0)).sum().backward()
    ndl.logsoftmax(x).backward()
    return x.numpy(), y.numpy()


def test_operands_stay_as_they_are(rng):
    """Neither operators nor backward change the data of their inputs."""
    a, b = rng.normal(size=(2, 3, 3)).astype(np.float32)
    for before, after in zip((a, b), unchanged(a, b), strict=True):
        assert_close(after, before, rtol=0, atol=0, dtype="float32")


@pytest.mark.parametrize("name", ["relu", "exp", "logsumexp", "summation", "transpose"])
def test_other_devices(rng, name):
    """Operators stay on the device of their inputs."""
    for device in places.others():
        check_named(name, ([away_from_zero(rng, (3, 4))], {}), device=device)


def test_matrices_on_other_devices(rng):
    """Products, sums and copies along axes on the device of their inputs."""
    for device in places.others():
        a, b = rng.normal(size=(5, 3)), rng.normal(size=(3, 6))
        check_named("matmul", ([a, b], {}), device=device)
        check_named("broadcast_to", ([b[:1]], {"shape": (4, 6)}), device=device)
        check_named("divide", ([a, away_from_zero(rng, (5, 3))], {}), device=device)
        check_named("power_scalar", ([a], {"scalar": 2}), device=device)
        check_named("reshape", ([a], {"shape": (15,)}), device=device)
