"""Modules of homework 2 on NDArrays, by definition in float64."""

import draws
import numpy as np
import places
from grader.testing import assert_close, on_student_side

CLOSE = {"rtol": 1e-4, "atol": 1e-5, "dtype": "float32"}


@on_student_side
def run(name, arguments, options, inputs, seed, mode, device):
    """Make a module, and call it on each of the inputs, one after the other.

    Returns the results, each with dtype and device, parameters, and running statistics.
    """
    import needle as ndl
    from needle import nn

    place = getattr(ndl, device)()
    np.random.seed(seed)
    if name in ("Linear", "BatchNorm1d", "BatchNorm2d", "LayerNorm1d", "Conv"):
        options = {**options, "device": place}
    module = getattr(nn, name)(*arguments, **options)
    parameters = [p.numpy() for p in module.parameters()]
    places = [(None, str(p.dtype), str(p.device)) for p in module.parameters()]
    module.train()
    found = []
    for position, given in enumerate(inputs):
        if position == len(inputs) - 1:
            getattr(module, mode)()
        out = module(ndl.Tensor(given, device=place, dtype="float32"))
        found.append((out.numpy(), str(out.dtype), str(out.device)))
    running = [getattr(module, key, None) for key in ("running_mean", "running_var")]
    return found, parameters, places, [None if r is None else r.numpy() for r in running]


@on_student_side
def loss(logits, labels, device):
    """Return the softmax loss, with dtype and device, and the gradient of the logits."""
    import needle as ndl
    from needle import nn

    place = getattr(ndl, device)()
    Z = ndl.Tensor(logits, device=place, dtype="float32")
    out = nn.SoftmaxLoss()(Z, ndl.Tensor(labels, device=place, dtype="float32"))
    out.backward()
    return (out.numpy(), str(out.dtype), str(out.device)), Z.grad.numpy()


@on_student_side
def optimize(name, options, start, gradients, device):
    """Return a parameter after each step with a given gradient, and its dtype and device."""
    import needle as ndl
    from needle import nn

    place = getattr(ndl, device)()
    p = nn.Parameter(ndl.Tensor(start, device=place, dtype="float32"))
    optimizer = getattr(ndl.optim, name)([p], **options)
    found = []
    for gradient in gradients:
        optimizer.reset_grad()
        (p * ndl.Tensor(gradient, device=place, dtype="float32")).sum().backward()
        optimizer.step()
        found.append((p.numpy(), str(p.dtype), str(p.device)))
    return found


def normalized(x, axes, eps=1e-5):
    """Return x with mean 0 and variance 1 over some axes, the mean, and the biased variance."""
    mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(var + eps), mean.squeeze(axes), var.squeeze(axes)


def check_linear(rng, shape, outputs, bias=True, device="cpu"):
    """Compare a linear layer, and the numbers that it draws."""
    x, seed = rng.normal(size=shape).astype(np.float32), int(rng.integers(1000))
    arguments = (shape[-1], outputs)
    found, parameters, where, _ = run(
        "Linear", arguments, {"bias": bias}, [x], seed, "train", device
    )
    weight, drawn = draws.linear(np.random.RandomState(seed), *arguments)
    expected = [weight, drawn] if bias else [weight]
    assert len(parameters) == len(expected), f"{len(parameters)} parameters"
    for got, wanted, place in zip(parameters, expected, where, strict=True):
        assert_close(got, wanted, name="a parameter", **CLOSE)
        places.check_place(place, device, "a parameter")
    assert_close(found[0][0], x @ weight + (drawn if bias else 0), name="output", **CLOSE)
    places.check_place(found[0], device, "output")


def check_norm(rng, name, shape, device="cpu", mode="train", axes=(0,), **options):
    """Compare a normalization, in training or after one batch of training in evaluation."""
    features = shape[-1] if name.endswith("1d") else shape[1]
    batches = [rng.normal(1, 2, size=shape).astype(np.float32) for _ in range(2)]
    found, _, where, running = run(name, (features,), options, batches, 0, mode, device)
    momentum, eps = options.get("momentum", 0.1), options.get("eps", 1e-5)
    means, variances = np.zeros(features), np.ones(features)
    for batch, got in zip(batches, found, strict=True):
        wide = batch.astype(np.float64)
        expected, mean, var = normalized(wide, axes, eps)
        places.check_place(got, device, f"output of {name}")
        if mode == "eval" and got is found[-1]:
            column = (1, -1) + (1,) * (len(shape) - 2)
            moved = wide - means.reshape(column)
            expected = moved / np.sqrt(variances.reshape(column) + eps)
        elif name.startswith("Batch"):
            means = (1 - momentum) * means + momentum * mean
            variances = (1 - momentum) * variances + momentum * var
        close = {**CLOSE, "atol": 1e-4}
        assert_close(got[0], expected, name=f"output of {name}", **close)
    for place in where:
        places.check_place(place, device, f"a parameter of {name}")
    if name.startswith("Batch"):
        assert_close(running[0], means, name="running_mean", **CLOSE)
        assert_close(running[1], variances, name="running_var", **CLOSE)


def check_loss(rng, batch, classes, scale=3.0, device="cpu"):
    """Compare the softmax loss and its gradient."""
    logits = rng.normal(0, scale, (batch, classes)).astype(np.float32)
    labels = rng.integers(0, classes, batch)
    found, gradient = loss(logits, labels.astype(np.float32), device)
    z = logits.astype(np.float64)
    odds = np.exp(z - z.max(axis=1, keepdims=True))
    shares = odds / odds.sum(axis=1, keepdims=True)
    rows = np.arange(batch)
    expected = -np.log(shares[rows, labels]).mean()
    sizes = {"batch size": batch, "number of classes": classes}
    got = np.asarray(found[0])
    assert got.size == 1, f"the loss has shape {got.shape}"
    assert_close(got.reshape(()), expected, name="loss", sizes=sizes, **CLOSE)
    places.check_place(found, device, "loss")
    shares[rows, labels] -= 1
    assert_close(gradient, shares / batch, name="gradient of the logits", sizes=sizes, **CLOSE)


def sgd(start, gradients, lr=0.01, momentum=0.0, weight_decay=0.0):
    """Return the parameter after each step of SGD."""
    p, u, found = start.astype(np.float64), 0.0, []
    for g in gradients:
        u = momentum * u + (1 - momentum) * (g + weight_decay * p)
        p = p - lr * u
        found.append(p)
    return found


def adam(start, gradients, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0):
    """Return the parameter after each step of Adam."""
    p, m, v, found = start.astype(np.float64), 0.0, 0.0, []
    for t, gradient in enumerate(gradients, 1):
        g = gradient + weight_decay * p
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        p = p - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
        found.append(p)
    return found


def check_optimizer(rng, name, device="cpu", **options):
    """Compare three steps of an optimizer."""
    start = rng.normal(size=(2, 3)).astype(np.float32)
    gradients = [rng.uniform(0.5, 2, (2, 3)).astype(np.float32) for _ in range(3)]
    wanted = {"SGD": sgd, "Adam": adam}[name](start, gradients, **options)
    for step, (got, expected) in enumerate(
        zip(optimize(name, options, start, gradients, device), wanted, strict=True), 1
    ):
        assert_close(got[0], expected, name=f"the parameter after step {step}", **CLOSE)
        places.check_place(got, device, "the parameter")
