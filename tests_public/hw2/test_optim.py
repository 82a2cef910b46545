"""SGD and Adam: what one step makes of parameters, and what several steps remember."""

import needle as ndl
import needle.nn as nn
import numpy as np
from grader.testing import assert_close, on_student_side

P = np.array([[1.0, -2.0, 0.5], [3.0, 0.0, -1.0]])
GRADIENTS = [
    np.array([[0.5, 1.0, -2.0], [0.0, 4.0, 0.25]]),
    np.array([[-1.0, 0.5, 0.0], [2.0, 1.0, -3.0]]),
    np.array([[0.25, 0.25, 1.0], [-1.0, 0.5, 2.0]]),
]


@on_student_side
def stepped(name, options, start, gradients):
    """Return a parameter after each step of an optimizer with the given gradients."""
    import needle as ndl

    p = ndl.nn.Parameter(ndl.Tensor(start))
    optimizer = getattr(ndl.optim, name)([p], **options)
    found = []
    for gradient in gradients:
        p.grad = ndl.Tensor(gradient, requires_grad=False)
        optimizer.step()
        found.append(p.numpy().copy())
    return found


@on_student_side
def live_tensors(name, options, steps):
    """Return how many tensors are alive after each of some steps of training a linear layer."""
    import gc

    import needle as ndl

    layer = ndl.nn.Linear(3, 2)
    optimizer = getattr(ndl.optim, name)(layer.parameters(), **options)
    counts = []
    for _ in range(steps):
        out = layer(ndl.Tensor(np.ones((4, 3), np.float32)))
        optimizer.reset_grad()
        (out * out).sum().backward()
        optimizer.step()
        optimizer.reset_grad()
        gc.collect()
        counts.append(sum(issubclass(type(each), ndl.Tensor) for each in gc.get_objects()))
    return counts


def sgd(p, gradients, lr=0.01, momentum=0.0, weight_decay=0.0):
    """Return what SGD makes of `p`, step by step."""
    u, found = 0, []
    for gradient in gradients:
        u = momentum * u + (1 - momentum) * (gradient + weight_decay * p)
        p = p - lr * u
        found.append(p)
    return found


def adam(p, gradients, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0):
    """Return what Adam makes of `p`, step by step."""
    m, v, found = 0, 0, []
    for t, gradient in enumerate(gradients, 1):
        g = gradient + weight_decay * p
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        p = p - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
        found.append(p)
    return found


def compare(name, definition, **options):
    """Compare all steps of an optimizer with its definition."""
    found = stepped(name, options, P, GRADIENTS)
    expected = definition(P, GRADIENTS, **options)
    for step, (got, wanted) in enumerate(zip(found, expected, strict=True), 1):
        assert_close(got, wanted, name=f"parameter after step {step}")


def test_sgd():
    """Plain SGD subtracts lr times the gradient."""
    compare("SGD", sgd)
    compare("SGD", sgd, lr=0.5)


def test_sgd_with_weight_decay():
    """weight_decay times the parameter is added to the gradient."""
    compare("SGD", sgd, lr=0.1, weight_decay=0.2)


def test_sgd_with_momentum():
    """The direction is an average: momentum of the last one, and 1 - momentum of the gradient."""
    compare("SGD", sgd, lr=0.1, momentum=0.8)


def test_sgd_with_momentum_and_weight_decay():
    """Momentum averages gradients to which the weight decay has been added."""
    compare("SGD", sgd, lr=0.1, momentum=0.6, weight_decay=0.3)


def test_adam():
    """Adam divides the average of gradients by the root of the average of their squares."""
    compare("Adam", adam)
    compare("Adam", adam, lr=0.2, beta1=0.5, beta2=0.75)


def test_adam_with_weight_decay():
    """weight_decay times the parameter is added to the gradient before it is averaged."""
    compare("Adam", adam, lr=0.1, weight_decay=0.3)


def test_adam_with_eps():
    """eps is added to the root, not inside it."""
    compare("Adam", adam, lr=0.1, eps=0.5)


def test_parameters_without_gradient():
    """Parameters without a gradient stay as they are; the others take their step."""
    for optimizer, expected in ((ndl.optim.SGD, P - 0.1), (ndl.optim.Adam, P - 0.1)):
        idle, busy = (nn.Parameter(ndl.Tensor(P)) for _ in range(2))
        opt = optimizer([idle, busy], lr=0.1)
        opt.reset_grad()
        busy.grad = ndl.Tensor(np.ones((2, 3)))
        opt.step()
        assert_close(idle.numpy(), P, name="parameter without gradient")
        assert_close(busy.numpy(), expected, name="parameter with gradient")


def test_gradients_stay_as_they_are():
    """A step neither changes nor replaces gradients."""
    for optimizer in (ndl.optim.SGD, ndl.optim.Adam):
        p = nn.Parameter(ndl.Tensor(P))
        opt = optimizer([p], lr=0.1, weight_decay=0.5)
        for gradient in GRADIENTS:
            p.grad = ndl.Tensor(gradient)
            before = p.numpy().copy()
            opt.step()
            assert_close(p.grad.numpy(), gradient, name="p.grad")
            assert np.abs(p.numpy() - before).max() > 0.01, "the step did not change the parameter"


def test_training_a_layer(rng):
    """With gradients from backward(), the loss of a linear layer falls step by step."""
    x, y = (ndl.Tensor(rng.normal(size=shape).astype(np.float32)) for shape in ((8, 4), (8, 2)))
    for optimizer, lr in ((ndl.optim.SGD, 0.02), (ndl.optim.Adam, 0.02)):
        layer = nn.Linear(4, 2)
        opt = optimizer(layer.parameters(), lr=lr)
        losses = []
        for _ in range(6):
            opt.reset_grad()
            loss = ((layer(x) - y) ** 2).sum() / 8
            loss.backward()
            opt.step()
            losses.append(loss.numpy().item())
        assert (np.diff(losses) < 0).all(), f"the losses are {np.round(losses, 4)}"


def test_float32_stays_float32():
    """Parameters of float32 are float32 after a step."""
    start, gradient = P.astype(np.float32), GRADIENTS[0].astype(np.float32)
    for name, definition in (("SGD", sgd), ("Adam", adam)):
        options = {"lr": 0.1, "weight_decay": 0.25}
        (found,) = stepped(name, options, start, [gradient])
        (expected,) = definition(P, GRADIENTS[:1], **options)
        assert_close(found, expected, rtol=1e-4, atol=1e-5, dtype="float32", name=name)


def test_graphs_are_forgotten():
    """The number of live tensors does not grow from step to step."""
    for name, options in (("SGD", {"momentum": 0.9}), ("Adam", {"weight_decay": 0.1})):
        counts = live_tensors(name, options, steps=6)
        assert counts[-1] <= counts[2] + 3, f"{name}: live tensors after each step: {counts}"
