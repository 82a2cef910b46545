"""The gradient of each operator: what flows back to its inputs."""

import needle  # noqa: F401 - at home, an error in your package shows here, once
from grader.testing import check_gradient


def test_powers(rng):
    """The gradients of power, with respect to both tensors, and of power_scalar."""
    check_gradient("power", rng.uniform(0.5, 2, (3, 4)), rng.uniform(-2, 2, (3, 4)))
    check_gradient("power_scalar", rng.normal(size=(3, 4)), scalar=3)


def test_quotients(rng):
    """The gradients of divide, with respect to both tensors, and of divide_scalar."""
    check_gradient("divide", rng.normal(size=(3, 4)), rng.uniform(1, 3, (3, 4)))
    check_gradient("divide_scalar", rng.normal(size=(3, 4)), scalar=5)


def test_matmul(rng):
    """The gradient of matmul for two matrices and for two batches of matrices."""
    check_gradient("matmul", rng.normal(size=(3, 4)), rng.normal(size=(4, 2)))
    check_gradient("matmul", rng.normal(size=(5, 3, 4)), rng.normal(size=(5, 4, 2)))


def test_matmul_of_a_batch_and_a_matrix(rng):
    """The gradient of matmul where only one side is a batch."""
    check_gradient("matmul", rng.normal(size=(5, 3, 4)), rng.normal(size=(4, 2)))
    check_gradient("matmul", rng.normal(size=(3, 4)), rng.normal(size=(5, 4, 2)))


def test_summation(rng):
    """The gradient of summation, over all axes and over some."""
    check_gradient("summation", rng.normal(size=(3, 4)))
    check_gradient("summation", rng.normal(size=(3, 4)), axes=1)
    check_gradient("summation", rng.normal(size=(3, 4, 2)), axes=(0, 2))


def test_broadcast_to(rng):
    """The gradient of broadcast_to for axes that are new and for axes of size 1."""
    check_gradient("broadcast_to", rng.normal(size=(3, 1)), shape=(3, 4))
    check_gradient("broadcast_to", rng.normal(size=(4,)), shape=(3, 4))


def test_reshape_and_transpose(rng):
    """The gradients of reshape and transpose."""
    check_gradient("reshape", rng.normal(size=(3, 4)), shape=(6, 2))
    check_gradient("transpose", rng.normal(size=(3, 4)))
    check_gradient("transpose", rng.normal(size=(3, 4, 2)), axes=(0, 2))


def test_elementwise_functions(rng):
    """The gradients of negate, log, exp and relu."""
    check_gradient("negate", rng.normal(size=(3, 4)))
    check_gradient("log", rng.uniform(0.5, 3, (3, 4)))
    check_gradient("exp", rng.normal(size=(3, 4)))
    check_gradient("relu", rng.uniform(0.1, 2, (4, 5)) * rng.choice([-1, 1], (4, 5)))
