"""The gradient of each operator: every axis, broadcast and batch that a wrong rule could miss."""

import needle  # noqa: F401 - an import error shows here, once
import numpy as np
from grader.testing import assert_close, check_gradient, check_gradients, on_student_side


def square_by_tensor(ndl, a):
    return a ** ndl.Tensor(2.0)


def matmul_twice(ndl, a, b):
    return (a @ b) @ b


def composed(ndl, a, b):
    scaled = ndl.exp(-a.sum(axes=1).reshape((3, 1)).broadcast_to((3, 4)) / 5)
    return ndl.log(ndl.relu(scaled @ b + 9) ** 2) / (b.transpose() @ b)


@on_student_side
def gradients(calls, seed_dtype):
    """Return the gradients of operators, given as (name, arrays, options), for ones coming in."""
    import needle as ndl

    found = []
    for name, arrays, options in calls:
        out = getattr(ndl, name)(*(ndl.Tensor(array) for array in arrays), **options)
        seed = ndl.Tensor(np.ones(out.shape, dtype=seed_dtype))
        found.append([each.numpy() for each in out.op.gradient_as_tuple(seed, out)])
    return found


def divided(ndl, a, b):
    return ndl.divide(a, b) / 3 + ndl.log(a) * ndl.exp(-b)


def raised(ndl, a, b):
    return ndl.power(a, b) + a**3 + ndl.transpose(a) ** 0.5


def summed_and_spread(ndl, a, b):
    rows = (a * a).sum(axes=1).reshape((3, 1)).broadcast_to((3, 3))
    return rows * b.transpose() * b.sum().broadcast_to((3, 3)) * ndl.relu(a)


def check(rng, operator, cases):
    """Check the gradients of an operator for cases: the shape of each input, and options."""
    check_gradients(
        operator,
        [([rng.normal(size=shape) for shape in shapes], options) for *shapes, options in cases],
    )


def test_power(rng):
    """The gradient of power, with respect to the base and to the exponent."""
    arrays = rng.uniform(0.5, 3, (4, 3)), rng.uniform(-2, 2, (4, 3))
    check_gradients("power", [(arrays, {}), ((arrays[0][0], arrays[1][0]), {})])
    check_gradient(square_by_tensor, arrays[0])


def test_power_scalar(rng):
    """The gradient of power_scalar for positive, negative and fractional exponents."""
    a = rng.uniform(0.5, 2, (2, 5))
    cases = [([a], {"scalar": scalar}) for scalar in (2, 4, -1, -3, 0.5, 1.5)]
    check_gradients("power_scalar", [*cases, ([-a], {"scalar": 3})])


def test_power_scalar_zero_and_one(rng):
    """The gradient of power_scalar is zero for exponent 0, and one for exponent 1."""
    a, zeros = rng.normal(size=(2, 5)) + 5, np.zeros(3)
    cases = [([a], {"scalar": 0}), ([a], {"scalar": 1}), ([-a], {"scalar": 0})]
    cases += [([zeros], {"scalar": 1}), ([zeros], {"scalar": 2})]
    check_gradients("power_scalar", cases)


def test_quotients(rng):
    """The gradients of divide, with respect to dividend and divisor, and of divide_scalar."""
    signs = rng.choice([-1, 1], (4, 3))
    check_gradient("divide", rng.normal(size=(4, 3)), rng.uniform(0.5, 2, (4, 3)) * signs)
    check(rng, "divide_scalar", [((4, 3), {"scalar": -3}), ((2, 2, 3), {"scalar": 0.25})])


def test_transpose(rng):
    """The gradient of transpose, by default and with axes, for any number of axes."""
    cases = [(shape, {}) for shape in ((3, 5), (2, 3, 5), (4, 4), (3, 2, 4, 5))]
    for axes in ((0, 1), (1, 2), (0, 2), (2, 0), (0, -1)):
        cases += [((3, 3, 3), {"axes": axes}), ((2, 3, 4), {"axes": axes})]
    check(rng, "transpose", cases)


def test_reshape(rng):
    """The gradient of reshape has the shape of the input, whatever it was."""
    pairs = ((3, 4), (12,)), ((6,), (2, 3)), ((2, 3, 4), (4, 6)), ((1,), ())
    check(rng, "reshape", [(before, {"shape": after}) for before, after in pairs])


def test_broadcast_to_new_axes(rng):
    """The gradient of broadcast_to sums over new leading axes, whatever their size."""
    pairs = [((4,), (3, 4)), ((3, 4), (2, 3, 4)), ((4,), (2, 3, 4))]
    pairs += [((3,), (3, 3)), ((3, 3), (3, 3, 3)), ((2, 3), (2, 2, 3))]
    check(rng, "broadcast_to", [(before, {"shape": after}) for before, after in pairs])


def test_broadcast_to_stretched_axes(rng):
    """The gradient of broadcast_to sums over stretched axes and keeps them with size 1."""
    shapes = [(1, 4, 3), (5, 1, 3), (5, 4, 1), (1, 4, 1), (5, 1, 1), (1, 1, 1)]
    shapes += [(4, 1), (1, 3), (1,), (1, 1)]
    check(rng, "broadcast_to", [(shape, {"shape": (5, 4, 3)}) for shape in shapes])


def test_broadcast_to_at_its_limits(rng):
    """The gradient of broadcast_to for a tensor without axes, and where nothing is broadcast."""
    pairs = [((), (3, 4)), ((), (3,)), ((), ())]
    pairs += [((3, 4), (3, 4)), ((3, 1), (3, 1)), ((4,), (1, 4)), ((1,), (1, 1))]
    check(rng, "broadcast_to", [(before, {"shape": after}) for before, after in pairs])


def test_summation(rng):
    """The gradient of summation over all axes, over one, or over several."""
    cases = [(shape, {}) for shape in ((3,), (3, 4), (2, 3, 4), (1, 1), ())]
    several = (0, 1, 2, (0,), (1,), (0, 1), (0, 2), (1, 2), (2, 0), (0, 1, 2))
    check(rng, "summation", [*cases, *(((2, 3, 4), {"axes": axes}) for axes in several)])


def test_summation_over_axes_of_equal_size(rng):
    """The gradient of summation where the sizes alone do not tell which axes were summed."""
    cases = [((4, 4), {"axes": axes}) for axes in (0, 1, (0,), (1,))]
    cases += [((3, 3, 3), {"axes": axes}) for axes in (0, 1, 2, (0, 1), (0, 2), (1, 2))]
    check(rng, "summation", cases)


def test_summation_over_unusual_axes(rng):
    """The gradient of summation over axes of size 1, and over axes counted from the end."""
    cases = [((3, 1, 4), {"axes": axes}) for axes in (0, 1, (1, 2), 2)]
    cases += [((2, 3, 4), {"axes": axes}) for axes in (-1, -2, (-1,), (-3,), (-1, -3), (0, -1))]
    check(rng, "summation", cases)


def test_matmul(rng):
    """The gradient of matmul for matrices and for batches of them, of any size."""
    cases = [((3, 5), (5, 2), {}), ((4, 4), (4, 4), {}), ((1, 5), (5, 1), {}), ((3, 1), (1, 2), {})]
    check(rng, "matmul", [*cases, ((4, 2, 3), (4, 3, 5), {}), ((2, 3, 2, 4), (2, 3, 4, 3), {})])


def test_matmul_of_a_batch_and_a_matrix(rng):
    """The gradient of matmul with respect to a matrix that meets a whole batch, on either side."""
    cases = [((4, 2, 3), (3, 5), {}), ((2, 3), (4, 3, 5), {}), ((2, 2), (2, 2, 2), {})]
    cases += [((2, 3, 2, 4), (4, 3), {}), ((2, 4), (2, 3, 4, 3), {}), ((3, 2, 4), (2, 3, 4, 3), {})]
    check(rng, "matmul", cases)


def test_matmul_of_batches_that_broadcast(rng):
    """The gradient of matmul for batches with axes of size 1, which are summed and kept."""
    cases = [((1, 2, 3), (4, 3, 2), {}), ((4, 2, 3), (1, 3, 2), {}), ((1, 2, 3), (1, 3, 2), {})]
    cases += [((2, 1, 3, 4), (1, 5, 4, 2), {}), ((5, 3, 4), (2, 1, 4, 2), {})]
    check(rng, "matmul", [*cases, ((4, 3), (1, 3, 2), {})])


def test_elementwise_functions(rng):
    """The gradients of negate, log, exp and relu, for any adjoint."""
    check_gradient("negate", rng.normal(size=(2, 3, 2)))
    check_gradient("log", rng.uniform(0.2, 5, (3, 5)))
    check_gradient("exp", rng.uniform(-3, 3, (3, 5)))
    a = rng.uniform(0.1, 20, (4, 5))
    check_gradients("relu", [([a * rng.choice([-1, 1], (4, 5))], {}), ([-a], {})])


def test_relu_at_zero():
    """The derivative of relu at zero is zero."""
    (gradient,) = gradients([("relu", [np.array([0.0, 1.0, -1.0])], {})], "float64")[0]
    assert_close(gradient, [0.0, 1.0, 0.0])


def test_operators_together(rng):
    """The gradient of expressions of many operators, and the gradient of that gradient."""
    check_gradient(composed, rng.normal(size=(3, 4)), rng.uniform(0.2, 1, (4, 3)))
    check_gradient(matmul_twice, rng.normal(size=(2, 3)), rng.normal(size=(5, 3, 3)))
    a, b = rng.uniform(0.5, 2, (3, 3)), rng.uniform(0.5, 2, (3, 3))
    for function in (divided, raised, matmul_twice, summed_and_spread):
        check_gradient(function, a, b, order=2)


def test_float32_stays_float32(rng):
    """The gradients of float32 inputs are float32."""
    a, b = (rng.uniform(0.5, 2, (3, 3)).astype(np.float32) for _ in range(2))
    ones = np.ones((3, 3), np.float32)
    calls = [
        (("power", [a, b], {}), [b * a ** (b - 1), a**b * np.log(a)]),
        (("power_scalar", [a], {"scalar": 3}), [3 * a * a]),
        (("divide", [a, b], {}), [1 / b, -a / b**2]),
        (("divide_scalar", [a], {"scalar": 7}), [ones / 7]),
        (("matmul", [a, b], {}), [ones @ b.T, a.T @ ones]),
        (("summation", [a], {"axes": (1,)}), [ones]),
        (("broadcast_to", [a], {"shape": (2, 3, 3)}), [2 * ones]),
        (("reshape", [a], {"shape": (9,)}), [ones]),
        (("transpose", [a], {}), [ones]),
        (("negate", [a], {}), [-ones]),
        (("log", [a], {}), [1 / a]),
        (("exp", [a], {}), [np.exp(a)]),
        (("relu", [a - np.float32(1)], {}), [np.where(a > 1, 1, 0)]),
    ]
    found = gradients([call for call, _ in calls], "float32")
    for ((name, *_), expected), actual in zip(calls, found, strict=True):
        for got, wanted in zip(actual, expected, strict=True):
            assert_close(got, wanted, rtol=1e-4, atol=1e-4, dtype="float32", name=name)
