"""Tanh, Stack and Split for shapes of all kinds."""

import arranging
import numpy as np
import places
from grader.testing import check_gradient
from operators import check_named


def test_tanh(rng):
    """The hyperbolic tangent and its gradient, also where it is flat."""
    check_named("tanh", ([rng.uniform(-2, 2, (2, 3, 4))], {}), ([rng.uniform(-9, 9, 6)], {}))
    check_named("tanh", ([np.array([0.0, 60.0, -60.0])], {}))


def test_stack_along_every_axis(rng):
    """Stacks along every axis of tensors with one to three axes."""
    for shape in ((3,), (3, 4), (2, 3, 4)):
        for axis in range(len(shape) + 1):
            arranging.check_stack(rng, shape, 3, axis)


def test_stack_of_one(rng):
    """A stack of a single tensor, and tensors in a tuple."""
    arranging.check_stack(rng, (3, 4), 1, 1)
    arranging.check_stack(rng, (3, 4), 2, 0, kind="tuple")


def test_gradients_of_stacks(rng):
    """Every tensor of a stack gets its own part of the gradient, along every axis."""
    for axis in range(3):
        arranging.check_stack_gradients(rng, (3, 4), 3, axis)
    arranging.check_stack_gradients(rng, (3, 3), 3, 1)
    arranging.check_stack_gradients(rng, (3,), 1, 0)


def test_split_along_every_axis(rng):
    """The parts of a tensor along every axis."""
    for shape in ((3,), (3, 3), (2, 3, 4), (2, 1, 3, 2)):
        for axis in range(len(shape)):
            arranging.check_split(rng, shape, axis)


def test_gradients_of_splits(rng):
    """The gradient of a tensor that is split along any axis."""
    for axis in range(3):
        arranging.check_split_gradient(rng, (2, 3, 4), axis)
    arranging.check_split_gradient(rng, (3, 3), 1)


def test_parts_that_are_not_used(rng):
    """The gradient is zero for parts that are not used."""
    arranging.check_split_gradient(rng, (4, 2), 0, unused=(0, 2))
    arranging.check_split_gradient(rng, (2, 3), 1, unused=(0, 1))


def rearranged(ndl, a, b):
    parts = list(ndl.split(a, 1).tuple())
    mixed = ndl.stack([parts[2], b, parts[0], parts[2]], 1)
    first, *_ = ndl.split(ndl.stack([mixed, mixed * mixed], 0), 2).tuple()
    return ndl.tanh(mixed).sum(axes=2) * first.sum(axes=0)


def test_together(rng):
    """The gradient of an expression in which parts are stacked again, some of them twice."""
    a, b = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 4))
    check_gradient(rearranged, a, b, dtype="float32")


def test_other_devices(rng):
    """Stacks and parts are on the device of their tensors."""
    for device in places.others():
        arranging.check_stack(rng, (2, 3), 2, 1, device=device)
        arranging.check_split(rng, (2, 3), 1, device=device)
        check_named("tanh", ([rng.normal(size=(2, 3))], {}), device=device)
