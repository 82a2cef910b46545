"""Training on images: softmax regression by definition, and coloured images to learn from."""

import numpy as np
from grader.testing import assert_close, on_student_side

SHAPE = (3, 2, 2)


@on_student_side
def run(function, X, y, weights, batch_size, options, shuffle, device):
    """Call a function that trains or evaluates softmax regression on images.

    Returns accuracy, loss, weights afterwards, and for each batch how many tensors are alive, and
    whether the model is in training; last, what the optimizer was made with.
    """
    import gc

    import needle as ndl
    import simple_ml
    from needle import nn

    place = getattr(ndl, device)()
    layer = nn.Linear(weights[0].shape[0], weights[0].shape[1], device=place)
    layer.weight.data = ndl.Tensor(weights[0], device=place, dtype="float32")
    layer.bias.data = ndl.Tensor(weights[1], device=place, dtype="float32")
    model = nn.Sequential(nn.Flatten(), layer)
    seen = {"alive": [], "training": [], "targets on": [], "made with": []}

    class Loss(nn.SoftmaxLoss):
        def forward(self, logits, targets):
            gc.collect()
            count = sum(type(each) is ndl.Tensor for each in gc.get_objects())
            seen["alive"].append(count)
            seen["targets on"].append(str(targets.device))
            seen["training"].append(bool(model.training and layer.training))
            return super().forward(logits, targets)

    class Optimizer(ndl.optim.SGD):
        def __init__(self, params, **settings):
            seen["made with"].append(dict(settings))
            super().__init__(params, **settings)

    dataset = ndl.data.NDArrayDataset(X, y)
    loader = ndl.data.DataLoader(dataset, batch_size=batch_size, shuffle=shuffle)
    options = dict(options)
    if function == "epoch_general_cifar10":
        options["loss_fn"] = Loss()
        if "lr" in options:
            options["opt"] = ndl.optim.SGD(model.parameters(), lr=options.pop("lr"))
        arguments = (loader, model)
    else:
        options["loss_fn"] = Loss
        if function == "train_cifar10":
            options["optimizer"] = Optimizer
        arguments = (model, loader)
    # the other way round than it has to be
    model.eval() if "lr" in options or "opt" in options else model.train()
    gc.collect()
    gc.freeze()
    try:
        results = getattr(simple_ml, function)(*arguments, **options)
    finally:
        gc.unfreeze()
    numbers = []
    for result in results:
        array = np.asarray(result.numpy() if hasattr(result, "numpy") else result)
        numbers.append(float(array.reshape(-1)[0]) if array.size == 1 else None)
    return numbers, [layer.weight.numpy(), layer.bias.numpy()], seen


def draw(rng, samples, classes=4):
    """Return images, labels, weight and bias."""
    X = rng.normal(size=(samples, *SHAPE)).astype(np.float32)
    y = rng.integers(0, classes, samples)
    size = int(np.prod(SHAPE))
    weights = [rng.normal(0, 0.5, s).astype(np.float32) for s in ((size, classes), (1, classes))]
    return X, y, weights


def epoch(X, y, weights, batch_size, lr=None, weight_decay=0.0, order=None):
    """Return accuracy, loss and weights after an epoch; without `lr`, nothing is trained."""
    W, b = (w.astype(np.float64) for w in weights)
    order = np.arange(len(y)) if order is None else order
    right, total = 0, 0.0
    for start in range(0, len(y), batch_size):
        rows = order[start : start + batch_size]
        x, labels = X[rows].reshape(len(rows), -1), y[rows]
        logits = x @ W + b
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        slope = odds / odds.sum(axis=1, keepdims=True)
        right += int((logits.argmax(axis=1) == labels).sum())
        total -= float(np.log(slope[np.arange(len(rows)), labels]).sum())
        slope[np.arange(len(rows)), labels] -= 1
        slope /= len(rows)
        if lr is not None:
            W, b = (
                W - lr * (x.T @ slope + weight_decay * W),
                b - lr * (slope.sum(axis=0, keepdims=True) + weight_decay * b),
            )
    return right / len(y), total / len(y), [W, b]


def check(
    rng,
    function,
    samples,
    batch_size,
    *,
    lr=None,
    weight_decay=0.0,
    epochs=1,
    shuffle=False,
    device="cpu",
):
    """Compare accuracy, loss and weights with those of softmax regression; return what was seen."""
    X, y, weights = draw(rng, samples)
    options = {} if lr is None else {"lr": lr}
    if function == "train_cifar10":
        options |= {"n_epochs": epochs, "weight_decay": weight_decay}
    numbers, after, seen = run(function, X, y, weights, batch_size, options, shuffle, device)
    order = np.random.RandomState(4).permutation(samples) if shuffle else None
    expected = weights
    for _ in range(epochs):
        accuracy, loss, expected = epoch(X, y, expected, batch_size, lr, weight_decay, order)
    sizes = {"batch size": batch_size, "number of batches": -(-samples // batch_size)}
    assert None not in numbers, "accuracy and loss have to be numbers"
    close = {"rtol": 1e-3, "atol": 1e-4}
    assert_close(np.array(numbers[0]), accuracy, name="accuracy", sizes=sizes, **close)
    assert_close(np.array(numbers[1]), loss, name="loss", sizes=sizes, **close)
    for name, got, wanted in zip(("weight", "bias"), after, expected, strict=True):
        assert_close(got, wanted, name=f"{name} afterwards", dtype="float32", **close)
    batches = epochs * -(-samples // batch_size)
    assert len(seen["alive"]) == batches, f"the loss was computed {len(seen['alive'])} times"
    where = set(seen["targets on"])
    assert where == {f"{device}()"}, f"the labels are on {where}, not on {device}()"
    return seen


def check_mode(seen, training):
    """The model has to be in training, or in evaluation, for every batch."""
    assert set(seen["training"]) == {training}, "the model was in the wrong mode"


def check_memory(seen):
    """The number of live tensors must not grow from batch to batch."""
    alive = seen["alive"]
    assert alive[-1] <= alive[2] + 4, f"live tensors grow from batch to batch: {alive}"


#: red, green and blue of each class
COLOURS = np.array([[0.9, 0.2, 0.1], [0.1, 0.8, 0.3], [0.2, 0.1, 0.9]])


def coloured(rng, samples, classes=3):
    """Return images (samples, 3, 32, 32) whose class is their colour, and labels."""
    labels = np.arange(samples) % classes
    noise = rng.normal(0, 0.15, (samples, 3, 32, 32))
    return (COLOURS[labels].reshape(samples, 3, 1, 1) + noise).astype(np.float32), labels


@on_student_side
def train_resnet9(X, y, unseen, labels, seed, batch_size, epochs, lr):
    """Train a ResNet9; return (accuracy, loss) of its training, and on images it has not seen."""
    import needle as ndl
    import simple_ml
    from apps.models import ResNet9

    np.random.seed(seed)
    model = ResNet9(device=ndl.cpu())
    loaders = [
        ndl.data.DataLoader(ndl.data.NDArrayDataset(*data), batch_size=batch_size)
        for data in ((X, y), (unseen, labels))
    ]
    trained = simple_ml.train_cifar10(model, loaders[0], n_epochs=epochs, lr=lr)
    evaluated = simple_ml.evaluate_cifar10(model, loaders[1])
    results = []
    for result in (*trained, *evaluated):
        array = np.asarray(result.numpy() if hasattr(result, "numpy") else result)
        results.append(float(array.reshape(-1)[0]))
    return results
