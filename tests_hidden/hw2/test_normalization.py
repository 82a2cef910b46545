"""BatchNorm1d and LayerNorm1d: values, running statistics, modes, gradients."""

import numpy as np
from grader.testing import assert_close, check_module, on_student_side

EPS = 1e-5


@on_student_side
def normalized(name, dim, options, arrays, modes, changes=None):
    """Return the outputs of a module for arrays, and what it holds after each of them.

    `modes` says for each array whether the module is in training. `changes` are numbers for
    weight and bias.
    """
    import needle as ndl

    module = getattr(ndl.nn, name)(dim, **options)
    for attribute, values in (changes or {}).items():
        parameter = getattr(module, attribute)
        parameter.data = ndl.Tensor(values, dtype=parameter.dtype)
    found = []
    for array, training in zip(arrays, modes, strict=True):
        module.train() if training else module.eval()
        x = ndl.Tensor(array)
        held = {"output": module(x).numpy(), "input": x.numpy()}
        for attribute in ("weight", "bias", "running_mean", "running_var"):
            if hasattr(module, attribute):
                held[attribute] = getattr(module, attribute).numpy()
        found.append(held)
    return found


@on_student_side
def nested_outputs(x, after):
    """Return the outputs of a batch norm that is deep inside, in training, then in evaluation.

    Also the outputs after training with `after` in between, in evaluation again.
    """
    import needle as ndl

    class Holder(ndl.nn.Module):
        def __init__(self):
            super().__init__()
            norm = ndl.nn.BatchNorm1d(x.shape[1], momentum=0.5)
            self.inner = [{"first": (ndl.nn.Sequential(ndl.nn.Residual(norm)),)}]

        def forward(self, x):
            return self.inner[0]["first"][0](x)

    module = Holder()
    found = [module(ndl.Tensor(x)).numpy()]
    module.eval()
    found.append(module(ndl.Tensor(x)).numpy())
    module.train()
    module(ndl.Tensor(after))
    module.eval()
    found.append(module(ndl.Tensor(x)).numpy())
    return found


@on_student_side
def running_graph(arrays):
    """Return whether running statistics need gradients, and live tensors after each batch."""
    import gc

    import needle as ndl

    module = ndl.nn.BatchNorm1d(arrays[0].shape[1])
    gc.collect()
    gc.freeze()  # what was there before does not count
    counts = []
    try:
        for array in arrays:
            (module(ndl.Tensor(array)) ** 2).sum().backward()
            module.weight.grad = module.bias.grad = None
            gc.collect()
            counts.append(sum(issubclass(type(each), ndl.Tensor) for each in gc.get_objects()))
    finally:
        gc.unfreeze()
    statistics = module.running_mean, module.running_var
    leaves = [each.is_leaf() and not each.requires_grad for each in statistics]
    parameters = [p is module.weight or p is module.bias for p in module.parameters()]
    return leaves, parameters, counts


def batch_norm(ndl, dim, eps, training):
    module = ndl.nn.BatchNorm1d(dim, eps=eps, momentum=0.3)
    if not training:
        steps = np.arange(3 * dim).reshape(3, dim)
        module(ndl.Tensor(np.cos(steps)))
        module.eval()
    return module


def layer_norm(ndl, dim, eps):
    return ndl.nn.LayerNorm1d(dim, eps=eps)


def two_norms(ndl):
    nn = ndl.nn
    return nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 3), nn.ReLU(), nn.LayerNorm1d(3))


def by_definition(x, axis, eps=EPS, weight=1.0, bias=0.0):
    mean, var = x.mean(axis=axis, keepdims=True), x.var(axis=axis, keepdims=True)
    return weight * (x - mean) / np.sqrt(var + eps) + bias


def sizes_of(x):
    return {"batch size": x.shape[0], "number of features": x.shape[1]}


def draw(rng, *shape):
    """Return numbers whose rows and columns differ in mean and spread."""
    x = rng.normal(size=shape)
    return x * rng.uniform(0.5, 3, (1, shape[1])) + rng.uniform(-2, 2, (shape[0], 1))


def changed(rng, dim):
    """Return numbers for weight and bias that float32 holds exactly."""
    return {
        name: rng.normal(size=dim).astype(np.float32).astype(np.float64)
        for name in ("weight", "bias")
    }


def test_batch_norm(rng):
    """BatchNorm1d in training, for batches of any size and any number of features."""
    for shape in ((7, 3), (3, 7), (4, 4), (2, 5), (9, 1)):
        x = draw(rng, *shape)
        (found,) = normalized("BatchNorm1d", shape[1], {}, [x], [True])
        name = f"BatchNorm1d of {shape}"
        assert_close(found["output"], by_definition(x, 0), name=name, sizes=sizes_of(x))


def test_batch_norm_with_weight_and_bias(rng):
    """BatchNorm1d multiplies by its weight and adds its bias, in both modes."""
    changes, x = changed(rng, 4), draw(rng, 6, 4)
    found = normalized("BatchNorm1d", 4, {"momentum": 1.0}, [x, x], [True, False], changes)
    expected = by_definition(x, 0, **changes)
    for mode, each in zip(("training", "evaluation"), found, strict=True):
        assert_close(each["output"], expected, rtol=1e-4, atol=1e-5, name=mode)


def test_batch_norm_with_eps(rng):
    """eps is added to the variance, inside the root, in both modes."""
    eps, x = float(rng.uniform(0.2, 2)), draw(rng, 5, 3)
    options = {"eps": eps, "momentum": 1.0}
    found = normalized("BatchNorm1d", 3, options, [x, x], [True, False])
    for mode, each in zip(("training", "evaluation"), found, strict=True):
        expected = by_definition(x, 0, eps=eps)
        assert_close(each["output"], expected, rtol=1e-4, atol=1e-5, name=mode)


def test_batch_norm_of_large_numbers(rng):
    """The variance is the mean of squared distances: columns far from zero lose no precision."""
    x = rng.normal(size=(6, 3)) + 1e8
    (found,) = normalized("BatchNorm1d", 3, {"dtype": "float64"}, [x], [True])
    assert_close(found["output"], by_definition(x, 0), rtol=1e-4, atol=1e-4)


def test_batch_norm_running_statistics(rng):
    """The running statistics after several batches of different sizes, with biased variances."""
    momentum = float(rng.uniform(0.2, 0.7))
    arrays = [draw(rng, rows, 4) for rows in (5, 3, 8, 2)]
    options = {"momentum": momentum}
    mean, var = np.zeros(4), np.ones(4)
    for x, found in zip(
        arrays, normalized("BatchNorm1d", 4, options, arrays, [True] * 4), strict=True
    ):
        mean = (1 - momentum) * mean + momentum * x.mean(axis=0)
        var = (1 - momentum) * var + momentum * x.var(axis=0)
        assert_close(found["running_mean"], mean, name="running_mean", sizes=sizes_of(x))
        assert_close(found["running_var"], var, name="running_var", sizes=sizes_of(x))


def test_batch_norm_default_momentum(rng):
    """By default, each batch has a weight of a tenth in the running statistics."""
    x = draw(rng, 6, 2)
    (found,) = normalized("BatchNorm1d", 2, {}, [x], [True])
    assert_close(found["running_mean"], 0.1 * x.mean(axis=0), name="running_mean")
    assert_close(found["running_var"], 0.9 + 0.1 * x.var(axis=0), name="running_var")


def test_batch_norm_in_evaluation(rng):
    """In evaluation the running statistics are used, for any batch, also one of a single row."""
    arrays = [draw(rng, rows, 3) for rows in (6, 4, 1, 5)]
    found = normalized("BatchNorm1d", 3, {}, arrays, [True, False, False, False])
    mean, var = 0.1 * arrays[0].mean(axis=0), 0.9 + 0.1 * arrays[0].var(axis=0)
    for x, each in zip(arrays[1:], found[1:], strict=True):
        expected = (x - mean) / np.sqrt(var + EPS)
        assert_close(each["output"], expected, rtol=1e-4, atol=1e-5, name="output")


def test_batch_norm_learns_in_training_only(rng):
    """Running statistics stay as they are in evaluation, and go on when training goes on."""
    arrays = [draw(rng, rows, 3) for rows in (6, 4, 5)]
    found = normalized("BatchNorm1d", 3, {}, arrays, [True, False, True])
    first, _, last = arrays
    mean, var = 0.1 * first.mean(axis=0), 0.9 + 0.1 * first.var(axis=0)
    assert_close(found[1]["running_mean"], mean, name="running_mean")
    assert_close(found[1]["running_var"], var, name="running_var")
    mean, var = 0.9 * mean + 0.1 * last.mean(axis=0), 0.9 * var + 0.1 * last.var(axis=0)
    assert_close(found[2]["running_mean"], mean, name="running_mean")
    assert_close(found[2]["running_var"], var, name="running_var")
    assert_close(found[2]["output"], by_definition(last, 0), name="output")


def test_batch_norm_without_training(rng):
    """Before any training, the running mean is zero and the running variance one."""
    x = draw(rng, 4, 3)
    (found,) = normalized("BatchNorm1d", 3, {}, [x], [False])
    assert_close(found["output"], x / np.sqrt(1 + EPS))


def test_modes_deep_inside(rng):
    """train() and eval() reach modules inside dicts, lists and tuples."""
    x, after = draw(rng, 5, 3), draw(rng, 4, 3)
    training, evaluation, later = nested_outputs(x, after)
    assert_close(training, by_definition(x, 0) + x, rtol=1e-4, atol=1e-5, name="training")
    mean, var = 0.5 * x.mean(axis=0), 0.5 + 0.5 * x.var(axis=0)
    expected = (x - mean) / np.sqrt(var + EPS) + x
    assert_close(evaluation, expected, rtol=1e-4, atol=1e-5, name="evaluation")
    mean, var = 0.5 * (mean + after.mean(axis=0)), 0.5 * (var + after.var(axis=0))
    expected = (x - mean) / np.sqrt(var + EPS) + x
    assert_close(later, expected, rtol=1e-4, atol=1e-5, name="evaluation after more training")


def test_batch_norm_gradient(rng):
    """The gradients in training: also the batch's mean and variance depend on the input."""
    for shape in ((5, 3), (2, 4), (4, 4)):
        check_module(batch_norm, draw(rng, *shape), dim=shape[1], eps=EPS, training=True)
    check_module(batch_norm, draw(rng, 4, 2), dim=2, eps=0.5, training=True)


def test_batch_norm_gradient_in_evaluation(rng):
    """The gradients in evaluation: running statistics are constants."""
    options = {"dim": 3, "training": False, "rtol": 1e-4, "atol": 1e-5}
    check_module(batch_norm, draw(rng, 5, 3), eps=EPS, **options)
    check_module(batch_norm, draw(rng, 1, 3), eps=0.25, **options)


def test_running_statistics_have_no_history(rng):
    """Running statistics are tensors without a graph and no parameters: nothing keeps batches."""
    arrays = [draw(rng, 4, 3).astype(np.float32) for _ in range(6)]
    leaves, parameters, counts = running_graph(arrays)
    assert parameters == [True, True], "parameters() should be weight and bias"
    assert leaves == [True, True], "running_mean and running_var should be detached"
    assert counts[-1] <= counts[2] + 3, f"live tensors after each batch: {counts}"


def test_layer_norm(rng):
    """LayerNorm1d for batches of any size and any number of features."""
    for shape in ((7, 3), (3, 7), (4, 4), (1, 5), (5, 2)):
        x = draw(rng, *shape)
        (found,) = normalized("LayerNorm1d", shape[1], {}, [x], [True])
        name = f"LayerNorm1d of {shape}"
        assert_close(found["output"], by_definition(x, 1), name=name, sizes=sizes_of(x))


def test_layer_norm_with_weight_bias_and_eps(rng):
    """LayerNorm1d multiplies by its weight, adds its bias, and has eps inside the root."""
    x = draw(rng, 5, 4)
    for eps in (EPS, float(rng.uniform(0.2, 2))):
        changes = changed(rng, 4)
        (found,) = normalized("LayerNorm1d", 4, {"eps": eps}, [x], [True], changes)
        assert_close(found["output"], by_definition(x, 1, eps=eps, **changes), name=f"eps={eps:g}")


def test_layer_norm_is_the_same_in_evaluation(rng):
    """LayerNorm1d does the same in training and in evaluation, and remembers nothing."""
    arrays = [draw(rng, 3, 4), draw(rng, 2, 4)]
    found = normalized("LayerNorm1d", 4, {}, [*arrays, *arrays], [True, False, False, True])
    for x, each in zip([*arrays, *arrays], found, strict=True):
        assert_close(each["output"], by_definition(x, 1))


def test_layer_norm_of_large_numbers(rng):
    """Rows far from zero lose no precision."""
    x = rng.normal(size=(3, 6)) + 1e8
    (found,) = normalized("LayerNorm1d", 6, {"dtype": "float64"}, [x], [True])
    assert_close(found["output"], by_definition(x, 1), rtol=1e-4, atol=1e-4)


def test_layer_norm_gradient(rng):
    """The gradients of LayerNorm1d with respect to input, weight and bias."""
    for shape in ((5, 3), (2, 4), (4, 4), (1, 6)):
        check_module(layer_norm, draw(rng, *shape), dim=shape[1], eps=EPS)
    check_module(layer_norm, draw(rng, 3, 4), dim=4, eps=0.5)


def test_gradient_of_both_in_a_network(rng):
    """The gradients of a network with both normalizations."""
    check_module(two_norms, draw(rng, 5, 4), rtol=1e-4, atol=1e-5)


def test_dtypes(rng):
    """Everything is float32 for float32 inputs, and float64 where that is asked for."""
    x = draw(rng, 5, 3)
    for name, axis in (("BatchNorm1d", 0), ("LayerNorm1d", 1)):
        for dtype in ("float32", "float64"):
            arrays = [x.astype(dtype)] * 2
            first, _ = normalized(name, 3, {"dtype": dtype}, arrays, [True, False])
            for part, values in first.items():
                assert_close(values, values, dtype=dtype, name=f"{part} of {name}")
            expected = by_definition(x, axis)
            assert_close(first["output"], expected, rtol=1e-3, atol=1e-4, name=f"{name}, {dtype}")


def test_inputs_and_parameters_stay_as_they_are(rng):
    """Neither the input nor weight and bias change."""
    x = draw(rng, 5, 3)
    for name, axis in (("BatchNorm1d", 0), ("LayerNorm1d", 1)):
        changes = changed(rng, 3)
        (found,) = normalized(name, 3, {}, [x], [True], changes)
        assert_close(found["output"], by_definition(x, axis, **changes), name=f"output of {name}")
        assert_close(found["input"], x, name="input")
        assert_close(found["weight"], changes["weight"], name="weight")
        assert_close(found["bias"], changes["bias"], name="bias")
