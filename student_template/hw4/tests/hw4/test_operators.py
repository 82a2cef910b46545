"""The operators of homeworks 1 and 2, now on NDArrays: no broadcasting by itself, float32 only."""

import places
from grader.testing import check_gradient
from operators import check_named


def composed(ndl, a, b):
    scaled = ndl.exp(-a.sum(axes=1).reshape((3, 1)).broadcast_to((3, 4)) / 5)
    return ndl.log(ndl.relu(scaled @ b + 9) ** 2).sum(axes=(0,))


def test_quotients_and_powers(rng):
    """Divide by a tensor or a number, and raise to whole and negative powers."""
    a, b = rng.uniform(0.5, 2, (2, 3, 4))
    check_named("divide", ([a, b], {}))
    check_named("divide_scalar", ([a], {"scalar": 4}))
    check_named("power_scalar", *(([a], {"scalar": s}) for s in (2, -1, 0)))


def test_elementwise_functions(rng):
    """negate, exp, log and relu of each element."""
    a = rng.uniform(0.5, 2, (3, 4))
    check_named("negate", ([a], {}))
    check_named("exp", ([a], {}))
    check_named("log", ([a], {}))
    check_named("relu", ([a * rng.choice([-1, 1], a.shape)], {}))


def test_summation(rng):
    """Sum over everything, over one axis, or over several, one after the other."""
    a = rng.normal(size=(2, 3, 4))
    check_named("summation", *(([a], {"axes": axes}) for axes in (None, 0, 1, (2,), (0, 2))))


def test_broadcast_to(rng):
    """Repeat along axes of size 1, and along new axes in front."""
    check_named("broadcast_to", ([rng.normal(size=(3, 1))], {"shape": (3, 4)}))
    check_named("broadcast_to", ([rng.normal(size=(4,))], {"shape": (3, 4)}))


def test_reshape_and_transpose(rng):
    """Change the shape, also of a tensor whose memory is not compact after a transpose."""
    check_named("reshape", ([rng.normal(size=(3, 4))], {"shape": (2, 6)}))
    a = rng.normal(size=(2, 3, 4))
    check_named("transpose", *(([a], {"axes": axes}) for axes in (None, (0, 1), (2, 0))))


def test_matmul(rng):
    """The product of two matrices of any sizes."""
    check_named("matmul", ([rng.normal(size=(3, 5)), rng.normal(size=(5, 2))], {}))


def test_logarithm_of_sums(rng):
    """logsumexp and logsoftmax subtract the maximum first."""
    a = rng.normal(size=(3, 4))
    check_named("logsumexp", *(([a], {"axes": axes}) for axes in (None, 0, (1,))))
    check_named("logsoftmax", ([a], {}))


def test_operators_together(rng):
    """The gradient of an expression of many operators."""
    check_gradient(composed, rng.normal(size=(3, 4)), rng.uniform(0.2, 1, (4, 3)), dtype="float32")


def test_other_devices(rng):
    """Operators stay on the device of their inputs."""
    for device in places.others():
        a, b = rng.uniform(0.5, 2, (3, 4)), rng.normal(size=(4, 2))
        for name in ("relu", "log", "summation", "transpose"):
            check_named(name, ([a], {}), device=device)
        check_named("matmul", ([a, b], {}), device=device)
