"""Tanh, Stack and Split."""

import arranging
import places
from operators import check_named


def test_tanh(rng):
    """The hyperbolic tangent and its gradient."""
    check_named("tanh", ([rng.uniform(-2, 2, (3, 4))], {}))


def test_stack(rng):
    """Tensors become one tensor, with a new axis in front, in the middle or at the end."""
    for axis in range(3):
        arranging.check_stack(rng, (3, 4), 2, axis)


def test_gradient_of_a_stack(rng):
    """Each tensor of a stack gets its own part of the gradient."""
    arranging.check_stack_gradients(rng, (3, 4), 2, 1)


def test_split(rng):
    """A tensor becomes as many tensors as an axis is long, all without that axis."""
    for axis in range(3):
        arranging.check_split(rng, (2, 3, 4), axis)


def test_gradient_of_a_split(rng):
    """The gradient of a split tensor is put together from those of its parts."""
    arranging.check_split_gradient(rng, (3, 4), 0)
    arranging.check_split_gradient(rng, (3, 4), 1, unused=(2,))


def test_other_devices(rng):
    """Stacks and parts are on the device of their tensors."""
    for device in places.others():
        arranging.check_stack(rng, (3, 2), 2, 1, device=device)
        arranging.check_split(rng, (3, 2), 1, device=device)
