"""LogSumExp over any axes, LogSoftmax of any matrix; numbers of any size; their gradients."""

import itertools

import needle  # noqa: F401 - an import error shows here, once
import numpy as np
from grader.testing import assert_close, check_gradient, check_gradients, on_student_side


@on_student_side
def results(calls, dtype):
    """Return what operators, given as (name, array, options), compute, and their inputs then."""
    import needle as ndl

    found = []
    for name, array, options in calls:
        a = ndl.Tensor(array.astype(dtype))
        found.append((getattr(ndl, name)(a, **options).numpy(), a.numpy()))
    return found


@on_student_side
def operators(calls):
    """Return the names of the operators that made the results, if they have the given input."""
    import needle as ndl

    names = []
    for name, array, options in calls:
        a = ndl.Tensor(array)
        out = getattr(ndl, name)(a, **options)
        names.append(type(out.op).__name__ if tuple(out.inputs) == (a,) else "")
    return names


def logsumexp(a, axes=None):
    """Return log(sum(exp(a))) in double precision, whatever the size of the numbers."""
    most = a.max(axis=axes, keepdims=True)
    total = np.exp(a - most).sum(axis=axes, keepdims=True)
    return (np.log(total) + most).sum(axis=axes)


def logsoftmax(a):
    return a - logsumexp(a, 1)[:, None]


def compare(arrays, axes, **options):
    """Compare logsumexp of arrays over some axes with its definition."""
    calls = [("logsumexp", a, {"axes": each}) for a in arrays for each in axes]
    for (found, _), (_, a, chosen) in zip(results(calls, "float64"), calls, strict=True):
        name = f"logsumexp of {a.shape}, axes={chosen['axes']}"
        assert_close(found, logsumexp(a, chosen["axes"]), name=name, **options)


def summed_squares(ndl, a, axes):
    return (ndl.logsumexp(a, axes=axes) ** 2).sum()


def both(ndl, a):
    rows = ndl.logsumexp(a, axes=(1,)).reshape((a.shape[0], 1)).broadcast_to(a.shape)
    return ndl.logsoftmax(a * 2) * rows


def test_logsumexp_over_all_axes(rng):
    """logsumexp over all axes of tensors with one, two or three of them."""
    shapes = ((7,), (3, 5), (2, 3, 4), (1, 6), (1, 1))
    compare([rng.uniform(-4, 4, shape) for shape in shapes], [None])
    compare([rng.uniform(-4, 4, (2, 3, 4))], [(0, 1, 2), (2, 0, 1)])


def test_logsumexp_over_one_axis(rng):
    """logsumexp over one axis, a number or a tuple of one."""
    compare([rng.uniform(-4, 4, (3, 5))], [0, 1, (0,), (1,)])
    compare([rng.uniform(-4, 4, (4, 1, 5))], [0, 1, 2, (0,), (1,), (2,)])


def test_logsumexp_over_several_axes(rng):
    """logsumexp over two or three axes, in any order."""
    compare([rng.uniform(-4, 4, (2, 3, 4))], list(itertools.permutations(range(3), 2)))
    compare([rng.uniform(-4, 4, (2, 3, 2, 4))], [(0, 2), (3, 1), (1, 2, 3), (3, 0, 2)])


def test_logsumexp_of_numbers_of_any_size(rng):
    """logsumexp neither overflows nor underflows."""
    a = rng.uniform(-2, 2, (3, 4, 2))
    compare([a + shift for shift in (800.0, -800.0, 1e5, -1e5)], [None, (1,), (0, 2)])
    compare([a * 1000], [None, (1,), (0, 2)])


def test_logsumexp_of_slices_of_different_size(rng):
    """The maximum that logsumexp subtracts is that of each slice."""
    a = rng.uniform(-2, 2, (4, 3, 2))
    compare([a + np.array([-1000.0, 0.0, 1000.0, 3.0]).reshape(4, 1, 1)], [(1,), (2, 1)])
    compare([a + np.array([-900.0, 0.0, 900.0]).reshape(1, 3, 1)], [0, (0, 2)])


def test_logsumexp_of_equal_numbers(rng):
    """log(sum(exp(a))) of n equal numbers is log(n) above them."""
    value = float(rng.uniform(-5, 5))
    compare([np.full((3, 4), value), np.full((2, 1, 5), -value)], [None, (0,), (1,)])


def test_gradient_of_logsumexp(rng):
    """The gradient of logsumexp over all axes, over one, or over several in any order."""
    axes = (None, 0, 1, 2, (0,), (2,), (0, 1), (0, 2), (2, 1), (2, 0), (0, 1, 2))
    check_gradients("logsumexp", [([rng.normal(size=(2, 3, 4))], {"axes": each}) for each in axes])
    check_gradients("logsumexp", [([rng.normal(size=5)], {}), ([rng.normal(size=(1, 3))], {})])
    axes = (1, (2, 0), (3, 1), (1, 0, 3), (3, 2))
    cases = [([rng.normal(size=(2, 3, 4, 2))], {"axes": each}) for each in axes]
    check_gradients("logsumexp", cases)


def test_gradient_of_logsumexp_over_axes_of_equal_size(rng):
    """The gradient of logsumexp where the sizes alone do not tell which axes were reduced."""
    axes = (0, 1, 2, (0, 1), (0, 2), (1, 2), (2, 0))
    check_gradients("logsumexp", [([rng.normal(size=(3, 3, 3))], {"axes": each}) for each in axes])


def test_gradient_of_logsumexp_of_numbers_of_any_size(rng):
    """The gradient of logsumexp neither overflows nor underflows."""
    a = rng.uniform(-2, 2, (3, 4))
    slices = a + np.array([[-1000.0], [0.0], [1000.0]])
    cases = [([a + shift], {"axes": each}) for shift in (900, -900) for each in (None, (0,), (1,))]
    check_gradients("logsumexp", [*cases, ([slices], {"axes": (1,)}), ([slices], {})])


def test_second_derivative_of_logsumexp(rng):
    """The gradient of logsumexp is made of Needle's operators and can be differentiated again."""
    for axes in (None, (0,), (1,)):
        check_gradient(summed_squares, rng.normal(size=(3, 4)), axes=axes, order=2)


def test_logsoftmax(rng):
    """logsoftmax of the rows of matrices of any shape."""
    arrays = [rng.uniform(-5, 5, shape) for shape in ((3, 6), (6, 3), (4, 4), (1, 5), (5, 1))]
    found = results([("logsoftmax", a, {}) for a in arrays], "float64")
    for (result, _), a in zip(found, arrays, strict=True):
        assert_close(result, logsoftmax(a), name=f"logsoftmax of {a.shape}")


def test_logsoftmax_of_numbers_of_any_size(rng):
    """logsoftmax neither overflows nor takes the logarithm of zero."""
    a = rng.uniform(-3, 3, (4, 5))
    arrays = [a + 1e4, a - 1e4, a * 1000, a + np.array([[-1e3], [1e3], [0.0], [5.0]])]
    found = results([("logsoftmax", a, {}) for a in arrays], "float64")
    for (result, _), array in zip(found, arrays, strict=True):
        assert_close(result, logsoftmax(array))


def test_gradient_of_logsoftmax(rng):
    """The gradient of logsoftmax for matrices of any shape and numbers of any size."""
    a = rng.uniform(-2, 2, (4, 5))
    cases = [a, a.T, a[:1], a[:, :1], a[:, :4], a + 900, a - 900, a * 500]
    check_gradients("logsoftmax", [([each], {}) for each in cases])


def test_second_derivative_of_logsoftmax(rng):
    """The gradient of logsoftmax is made of Needle's operators and can be differentiated again."""
    check_gradient(both, rng.normal(size=(3, 4)), order=2)


def test_precision(rng):
    """float64 inputs are computed in float64, and float32 inputs stay float32."""
    a = rng.normal(size=(4, 3))
    calls = [("logsumexp", a, {}), ("logsumexp", a, {"axes": (0,)}), ("logsoftmax", a, {})]
    wanted = [logsumexp(a), logsumexp(a, 0), logsoftmax(a)]
    for dtype, rtol in (("float64", 1e-12), ("float32", 1e-4)):
        for (found, _), expected in zip(results(calls, dtype), wanted, strict=True):
            assert_close(found, expected, rtol=rtol, atol=rtol, dtype=dtype)


def test_operators_and_inputs(rng):
    """The result's operator is the one that was called, and its input stays as it is."""
    a = rng.normal(size=(3, 4))
    calls = [("logsumexp", a, {"axes": (1,)}), ("logsoftmax", a, {})]
    assert operators(calls) == ["LogSumExp", "LogSoftmax"]
    wanted = [logsumexp(a, 1), logsoftmax(a)]
    for (found, afterwards), expected in zip(results(calls, "float64"), wanted, strict=True):
        assert_close(found, expected, name="result")
        assert_close(afterwards, a, name="input")
