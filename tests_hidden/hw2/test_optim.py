"""SGD and Adam over many steps, for many parameters, with every option; what they leave alone."""

import numpy as np
from grader.testing import assert_close, on_student_side, reference

SHAPES = ((3, 4), (5,), (1, 2), (2, 3, 2))


@on_student_side
def stepped(name, options, starts, gradients):
    """Return all parameters after each step; None as a gradient means that there is none."""
    import needle as ndl

    parameters = [ndl.nn.Parameter(ndl.Tensor(start)) for start in starts]
    optimizer = getattr(ndl.optim, name)(parameters, **options)
    found = []
    for step in gradients:
        optimizer.reset_grad()
        for p, gradient in zip(parameters, step, strict=True):
            if gradient is not None:
                p.grad = ndl.Tensor(gradient, requires_grad=False)
        optimizer.step()
        found.append([p.numpy().copy() for p in parameters])
    return found


@on_student_side
def gradients_around_a_step(name, options, start, gradients):
    """Return for each step the gradient after it, whether it is the same tensor, the parameter."""
    import needle as ndl

    p = ndl.nn.Parameter(ndl.Tensor(start))
    optimizer = getattr(ndl.optim, name)([p], **options)
    found = []
    for values in gradients:
        p.grad = given = ndl.Tensor(values, requires_grad=False)
        optimizer.step()
        found.append((given.numpy(), p.grad is given, p.numpy().copy()))
    return found


@on_student_side
def state_of_parameters(name, options, steps):
    """Return whether parameters are still leaves that need gradients, and the same objects."""
    import needle as ndl

    layer = ndl.nn.Linear(3, 2)
    weight = layer.weight
    before = weight.numpy().copy()
    optimizer = getattr(ndl.optim, name)(layer.parameters(), **options)
    for _ in range(steps):
        (layer(ndl.Tensor(np.ones((4, 3), np.float32))) ** 2).sum().backward()
        optimizer.step()
    changed = bool((np.abs(weight.numpy() - before) > 0).all())
    same = layer.weight is weight and layer.parameters()[0] is weight
    leaf = weight.is_leaf() and weight.requires_grad
    return changed, same, leaf


@on_student_side
def live_tensors(name, options, steps, batch):
    """Return how many tensors are alive after each step of training two layers."""
    import gc

    import needle as ndl

    nn = ndl.nn
    model = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3))
    optimizer = getattr(ndl.optim, name)(model.parameters(), **options)
    x = ndl.Tensor(np.cos(np.arange(4 * batch)).reshape(batch, 4).astype(np.float32))
    gc.collect()
    gc.freeze()  # what was there before does not count
    counts = []
    try:
        for _ in range(steps):
            optimizer.reset_grad()
            (model(x) ** 2).sum().backward()
            optimizer.step()
            gc.collect()
            counts.append(sum(issubclass(type(each), ndl.Tensor) for each in gc.get_objects()))
    finally:
        gc.unfreeze()
    return counts


@on_student_side
def trained(ndl, build, name, options, x, y, arrays, steps):
    """Return the loss before each step of training, and all parameters after the last.

    The numbers of the parameters are given; `ndl` is the package, or None on the student's side.
    """
    if ndl is None:
        import needle as ndl
    model, loss_function = build(ndl), ndl.nn.SoftmaxLoss()
    for p, array in zip(model.parameters(), arrays, strict=True):
        p.data = ndl.Tensor(array)
    optimizer = getattr(ndl.optim, name)(model.parameters(), **options)
    losses = []
    for _ in range(steps):
        optimizer.reset_grad()
        loss = loss_function(model(ndl.Tensor(x)), ndl.Tensor(y))
        loss.backward()
        optimizer.step()
        losses.append(loss.numpy())
    return losses, [p.numpy() for p in model.parameters()]


def smooth_model(ndl):
    nn = ndl.nn
    return nn.Sequential(nn.Linear(5, 6), nn.LayerNorm1d(6), nn.Linear(6, 3))


def sgd(p, gradients, lr=0.01, momentum=0.0, weight_decay=0.0):
    """Return what SGD makes of `p`, step by step."""
    u, found = 0, []
    for gradient in gradients:
        if gradient is not None:
            u = momentum * u + (1 - momentum) * (gradient + weight_decay * p)
            p = p - lr * u
        found.append(p)
    return found


def adam(p, gradients, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0):
    """Return what Adam makes of `p`, step by step."""
    m, v, found = 0, 0, []
    for t, gradient in enumerate(gradients, 1):
        if gradient is not None:
            g = gradient + weight_decay * p
            m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
            p = p - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
        found.append(p)
    return found


DEFINITIONS = {"SGD": sgd, "Adam": adam}


def draw(rng, steps, shapes=SHAPES):
    """Return parameters, and gradients for each step, of several shapes."""
    starts = [rng.normal(size=shape) for shape in shapes]
    return starts, [[rng.normal(size=shape) for shape in shapes] for _ in range(steps)]


def compare(name, starts, gradients, options, **tolerance):
    """Compare all parameters after all steps with the optimizer's definition."""
    found = stepped(name, options, starts, gradients)
    for index, start in enumerate(starts):
        own = [step[index] for step in gradients]
        expected = DEFINITIONS[name](start.astype(np.float64), own, **options)
        for number, wanted in enumerate(expected):
            title = f"{name}, parameter {index} after step {number + 1}"
            assert_close(found[number][index], wanted, name=title, **tolerance)


def test_sgd(rng):
    """Several steps of plain SGD, with the default step size and with others."""
    compare("SGD", *draw(rng, 4), {})
    compare("SGD", *draw(rng, 4), {"lr": float(rng.uniform(0.1, 2))})


def test_sgd_with_weight_decay(rng):
    """Several steps of SGD with weight decay."""
    compare("SGD", *draw(rng, 5), {"lr": 0.3, "weight_decay": float(rng.uniform(0.1, 1))})


def test_sgd_with_momentum(rng):
    """Several steps of SGD with momentum; the first direction is not the gradient itself."""
    for momentum in (0.9, float(rng.uniform(0.2, 0.8))):
        compare("SGD", *draw(rng, 6), {"lr": 0.5, "momentum": momentum})


def test_sgd_with_momentum_and_weight_decay(rng):
    """Several steps of SGD with momentum of gradients to which the weight decay was added."""
    options = {"lr": 0.2, "momentum": 0.7, "weight_decay": float(rng.uniform(0.1, 0.5))}
    compare("SGD", *draw(rng, 6), options)


def test_adam(rng):
    """Several steps of Adam with its defaults, and with another step size."""
    compare("Adam", *draw(rng, 6), {})
    compare("Adam", *draw(rng, 6), {"lr": float(rng.uniform(0.1, 1))})


def test_adam_with_other_averages(rng):
    """Both averages of Adam have a factor of their own, and each is corrected by it."""
    first, second = float(rng.uniform(0.3, 0.6)), float(rng.uniform(0.7, 0.95))
    compare("Adam", *draw(rng, 8), {"lr": 0.1, "beta1": first, "beta2": second})
    compare("Adam", *draw(rng, 8), {"lr": 0.1, "beta1": second, "beta2": first})


def test_adam_with_eps(rng):
    """eps of Adam is added to the corrected root."""
    compare("Adam", *draw(rng, 5), {"lr": 0.3, "eps": float(rng.uniform(0.1, 1))})


def test_adam_with_weight_decay(rng):
    """The weight decay of Adam is a part of the gradient, and so of both averages."""
    compare("Adam", *draw(rng, 6), {"lr": 0.2, "weight_decay": float(rng.uniform(0.2, 1))})


def test_adam_over_many_steps(rng):
    """The correction of Adam's averages fades over many steps."""
    starts, gradients = draw(rng, 60, shapes=((2, 3), (4,)))
    compare("Adam", starts, gradients, {"lr": 0.05, "beta2": 0.9}, rtol=1e-4)


def test_small_gradients(rng):
    """Adam's steps do not depend on the size of gradients, SGD's do."""
    starts, gradients = draw(rng, 3)
    small = [[gradient * 1e-4 for gradient in step] for step in gradients]
    compare("Adam", starts, small, {"lr": 0.1})
    compare("SGD", starts, small, {"lr": 100.0})


def without_some(gradients):
    """Return gradients of which some are missing: in the first step, later, and always."""
    missing = [(0, 0), (2, 1), (3, 1), *((step, 3) for step in range(len(gradients)))]
    return [
        [None if (step, index) in missing else each for index, each in enumerate(row)]
        for step, row in enumerate(gradients)
    ]


def test_sgd_skips_parameters_without_gradient(rng):
    """Without a gradient, a parameter and its momentum stay as they are, whatever the options."""
    starts, gradients = draw(rng, 6)
    options = {"lr": 0.2, "momentum": 0.6, "weight_decay": 0.3}
    compare("SGD", starts, without_some(gradients), options)


def test_adam_skips_parameters_without_gradient(rng):
    """Without a gradient, a parameter and its averages stay as they are; steps count for all."""
    starts, gradients = draw(rng, 6)
    compare("Adam", starts, without_some(gradients), {"lr": 0.2, "weight_decay": 0.3})


def test_gradients_stay_as_they_are(rng):
    """A step neither changes nor replaces the gradients."""
    start, values = rng.normal(size=(3, 2)), [rng.normal(size=(3, 2)) for _ in range(3)]
    for name, definition in DEFINITIONS.items():
        options = {"lr": 0.1, "weight_decay": 0.5}
        expected = definition(start, values, **options)
        found = gradients_around_a_step(name, options, start, values)
        for (after, same, p), given, wanted in zip(found, values, expected, strict=True):
            assert_close(p, wanted, name=f"{name}: parameter")
            assert_close(after, given, name=f"{name}: gradient")
            assert same, f"{name}: p.grad is another tensor after the step"


def test_parameters_stay_leaves(rng):
    """After steps, parameters are the same tensors, without a graph, and still need gradients."""
    for name, options in (("SGD", {"momentum": 0.5}), ("Adam", {})):
        changed, same, leaf = state_of_parameters(name, options, 3)
        assert changed, f"{name}: the parameters did not change"
        assert same, f"{name}: the module's parameters are other objects"
        assert leaf, f"{name}: a parameter should be a leaf that requires a gradient"


def test_sgd_forgets_graphs(rng):
    """The number of live tensors does not grow from step to step with SGD."""
    batch = int(rng.integers(3, 8))
    for options in ({}, {"momentum": 0.9}, {"weight_decay": 0.1, "momentum": 0.5}):
        counts = live_tensors("SGD", options, 8, batch)
        assert counts[-1] <= counts[2] + 3, f"{options}: live tensors after each step: {counts}"


def test_adam_forgets_graphs(rng):
    """The number of live tensors does not grow from step to step with Adam."""
    batch = int(rng.integers(3, 8))
    for options in ({}, {"weight_decay": 0.1}):
        counts = live_tensors("Adam", options, 8, batch)
        assert counts[-1] <= counts[2] + 3, f"{options}: live tensors after each step: {counts}"


def compare_training(rng, name, options, steps=6):
    """Compare losses and parameters with those of the reference's optimizer."""
    x, y = rng.normal(size=(7, 5)).astype(np.float32), rng.integers(0, 3, 7)
    shapes = (5, 6), (1, 6), (6,), (6,), (6, 3), (1, 3)
    arrays = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    inputs = (smooth_model, name, options, x, y, arrays, steps)
    losses, parameters = trained(None, *inputs)
    wanted = trained.__wrapped__(reference(), *inputs)
    tolerance = {"rtol": 1e-3, "atol": 1e-3}
    for number, (found, expected) in enumerate(zip(losses, wanted[0], strict=True)):
        assert_close(found, expected, name=f"{name}: loss before step {number + 1}", **tolerance)
    for index, (found, expected) in enumerate(zip(parameters, wanted[1], strict=True)):
        title = f"{name}: parameter {index}"
        assert_close(found, expected, dtype="float32", name=title, **tolerance)


def test_training_with_sgd(rng):
    """The losses and parameters of a small network that SGD trains."""
    compare_training(rng, "SGD", {"lr": 0.2})
    compare_training(rng, "SGD", {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.05})


def test_training_with_adam(rng):
    """The losses and parameters of a small network that Adam trains."""
    compare_training(rng, "Adam", {"lr": 0.02, "weight_decay": 0.05})
    compare_training(rng, "Adam", {"lr": 0.02, "eps": 1e-4})


def test_float32_stays_float32(rng):
    """Parameters of float32 are float32 after every step, whatever the options."""
    starts, gradients = draw(rng, 4)
    starts = [start.astype(np.float32) for start in starts]
    gradients = [[gradient.astype(np.float32) for gradient in step] for step in gradients]
    tolerance = {"dtype": "float32", "rtol": 1e-3, "atol": 1e-4}
    for options in ({"lr": 0.1}, {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.1}):
        compare("SGD", starts, gradients, options, **tolerance)
    for options in ({"lr": 0.1}, {"lr": 0.1, "eps": 1e-3, "weight_decay": 0.1}):
        compare("Adam", starts, gradients, options, **tolerance)
