"""Training language models, next to gradient descent by differences."""

import language
import numpy as np
from grader.testing import assert_close, on_student_side


@on_student_side
def run(function, kind, sizes, layers, data, seq_len, seed, options, device):
    """Call a function that trains or evaluates a language model.

    Returns accuracy, loss, parameters afterwards, and for each chunk how many tensors are alive,
    and whether the model is in training; also what the optimizer was made with, and its clipping.
    """
    import gc

    import needle as ndl
    import simple_ml
    from apps.models import LanguageModel
    from needle import nn

    place = getattr(ndl, device)()
    np.random.seed(seed)
    model = LanguageModel(*sizes, layers, seq_model=kind.lower(), device=place)
    seen = {"alive": [], "training": [], "targets on": [], "made with": [], "clip": []}

    class Loss(nn.SoftmaxLoss):
        def forward(self, logits, targets):
            gc.collect()
            count = sum(type(each) is ndl.Tensor for each in gc.get_objects())
            seen["alive"].append(count)
            seen["targets on"].append(str(targets.device))
            modules = [model, *model._children()]
            seen["training"].append(all(bool(each.training) for each in modules))
            return super().forward(logits, targets)

    class Optimizer(ndl.optim.SGD):
        def __init__(self, params, **settings):
            seen["made with"].append(dict(settings))
            super().__init__(params, **settings)

        def clip_grad_norm(self, max_norm):
            seen["clip"].append(float(max_norm))

    options = {"seq_len": seq_len, "device": place, "dtype": "float32", **options}
    if function == "epoch_general_ptb":
        options["loss_fn"] = Loss()
        if "lr" in options:
            options["opt"] = Optimizer(model.parameters(), lr=options.pop("lr"))
        arguments = (data, model)
    else:
        options["loss_fn"] = Loss
        if function == "train_ptb":
            options["optimizer"] = Optimizer
        arguments = (model, data)
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
    return numbers, [p.numpy() for p in model.parameters()], seen


def check(
    rng,
    function,
    kind,
    shape,
    seq_len,
    *,
    sizes=(2, 5, 3),
    layers=1,
    lr=None,
    weight_decay=0.0,
    epochs=1,
    clip=None,
    device="cpu",
):
    """Compare accuracy, loss and parameters for a text of `shape` (rows, columns)."""
    data = rng.integers(0, sizes[1], shape).astype(np.float32)
    seed = int(rng.integers(1000))
    options = {} if lr is None else {"lr": lr}
    if function == "train_ptb":
        options |= {"n_epochs": epochs, "weight_decay": weight_decay}
    options |= {} if clip is None else {"clip": clip}
    numbers, after, seen = run(function, kind, sizes, layers, data, seq_len, seed, options, device)
    model = language.draw_model(np.random.RandomState(seed), kind, sizes, layers)
    arrays = language.flatten(model)
    for _ in range(epochs):
        accuracy, loss, arrays = language.epoch(
            kind, arrays, layers, sizes[2], data, seq_len, lr, weight_decay
        )
    assert None not in numbers, "accuracy and loss have to be numbers"
    close = {"rtol": 2e-3, "atol": 2e-4}
    names = {"number of columns": shape[1], "length of a chunk": seq_len}
    assert_close(np.array(numbers[0]), accuracy, name="accuracy", sizes=names, **close)
    assert_close(np.array(numbers[1]), loss, name="loss", sizes=names, **close)
    for number, (got, wanted) in enumerate(zip(after, arrays, strict=True)):
        name = f"parameter {number} afterwards"
        assert_close(got, wanted, name=name, dtype="float32", **close)
    chunks = epochs * -(-(shape[0] - 1) // seq_len)
    assert len(seen["alive"]) == chunks, f"the loss was computed {len(seen['alive'])} times"
    where = set(seen["targets on"])
    assert where == {f"{device}()"}, f"the targets are on {where}, not on {device}()"
    return seen
