"""Recurrent networks by their recursions, one step after the other, in float64."""

import draws
import numpy as np
import places
import slopes
from grader.testing import assert_close, on_student_side
from layers import CLOSE

NAMES = ("W_ih", "W_hh", "bias_ih", "bias_hh")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rnn_step(x, h, weights, act=np.tanh):
    """Return the next state of a simple cell."""
    W_ih, W_hh, *biases = weights
    return act(x @ W_ih + h @ W_hh + sum(biases, np.float64(0)))


def lstm_step(x, h, c, weights):
    """Return the next h and c; the gates are i, f, g, o."""
    W_ih, W_hh, *biases = weights
    sums = x @ W_ih + h @ W_hh + sum(biases, np.float64(0))
    i, f, g, o = np.split(sums, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def relu(x):
    return np.maximum(x, 0)


def read(kind, X, states, cells, act=np.tanh):
    """Return the outputs (time, batch, hidden) and the states of all layers at the end.

    `states` has an array (layers, batch, hidden) for h, and for LSTM another for c.
    """
    last = []
    for layer, weights in enumerate(cells):
        state, outputs = [part[layer] for part in states], []
        for x in X:
            step = lstm_step(x, *state, weights) if kind == "LSTM" else None
            state = list(step) if step else [rnn_step(x, *state, weights, act)]
            outputs.append(state[0])
        X = np.stack(outputs)
        last.append(state)
    return X, [np.stack(parts) for parts in zip(*last, strict=True)]


@on_student_side
def run(kind, arguments, options, X, states, seed, weights, device):
    """Make an RNN or LSTM, or a cell of one; return its results, parameters and gradients.

    The sum of the results is weighted, so that errors do not cancel.
    """
    import needle as ndl
    from needle import nn

    place = getattr(ndl, device)()

    def tensor(array):
        return ndl.Tensor(array, device=place, dtype="float32")

    np.random.seed(seed)
    module = getattr(nn, kind)(*arguments, device=place, **options)
    inputs = tensor(X)
    given = None if states is None else [tensor(state) for state in states]
    lstm = kind.startswith("LSTM")
    if given is None:
        out = module(inputs, None) if seed % 2 else module(inputs)
    else:
        out = module(inputs, tuple(given) if lstm else given[0])
    if kind == "RNNCell":
        results = [out]
    elif kind == "LSTM":
        results = [out[0], *out[1]]
    else:
        results = list(out)
    total = None
    for result in results:
        term = (result * tensor(weights(result.shape))).sum()
        total = term if total is None else total + term
    total.backward()
    cells = [module]
    if not kind.endswith("Cell"):
        cells = module.lstm_cells if lstm else module.rnn_cells
    named = {}
    for number, cell in enumerate(cells):
        for name in ("W_ih", "W_hh", "bias_ih", "bias_hh"):
            named[f"{name} of layer {number}"] = getattr(cell, name)
    named = {name: p for name, p in named.items() if p is not None}
    tensors = {"X": inputs, **named}
    for number, state in enumerate(given or []):
        tensors["hc"[number]] = state
    grads = {name: getattr(t, "grad", None) for name, t in tensors.items()}
    return {
        "results": [(r.numpy(), str(r.dtype), str(r.device)) for r in results],
        "parameters": {n: (p.numpy(), str(p.dtype), str(p.device)) for n, p in named.items()},
        "gradients": {name: None if g is None else g.numpy() for name, g in grads.items()},
        "count": len(module.parameters()),
        "kinds": [type(out).__name__, type(out[1]).__name__ if kind == "LSTM" else ""],
    }


def check(
    rng,
    kind,
    sizes,
    steps=(3, 2),
    *,
    layers=1,
    bias=True,
    given=True,
    act="tanh",
    gradients=True,
    device="cpu",
):
    """Compare a network for `sizes` (input, hidden) on `steps` (time, batch) with its recursion.

    A cell takes one step. `given` says whether there are states at first, or zeros.
    """
    cell, lstm = kind.endswith("Cell"), kind.startswith("LSTM")
    function = relu if act == "relu" else np.tanh
    time, batch = (1, steps[1]) if cell else steps
    while True:
        seed = int(rng.integers(1000))
        X = rng.normal(size=(time, batch, sizes[0])).astype(np.float32)
        states = rng.normal(size=(2 if lstm else 1, layers, batch, sizes[1])).astype(np.float32)
        states = states if given else np.zeros_like(states)
        drawn = draws.cells(np.random.RandomState(seed), kind, *sizes, layers, bias)
        if act != "relu" or _away_from_the_kink(X, states, drawn):
            break
    arguments = sizes if cell else (*sizes, layers, bias)
    options = {"bias": bias} if cell else {}
    options |= {"nonlinearity": act} if act != "tanh" else {}
    shown = [X[0], states[:, 0]] if cell else [X, states]
    passed = list(shown[1]) if given else None
    found = run(kind, arguments, options, shown[0], passed, seed, slopes.uneven, device)
    _check_parameters(found, drawn, device)

    def results(X, states, cells):
        outputs, last = read("LSTM" if lstm else "RNN", X, states, cells, function)
        return [part[0] for part in last] if cell else [outputs, *last]

    _check_results(found, results(X.astype(np.float64), states, drawn), kind, device)
    if gradients:
        _check_gradients(found, results, X, states if given else None, states, drawn, cell)


def _away_from_the_kink(X, states, drawn):
    """Tell whether relu is nowhere near 0, where differences would not be its derivative."""
    nearest = []

    def act(x):
        nearest.append(np.abs(x).min())
        return relu(x)

    read("RNN", X.astype(np.float64), states, drawn, act)
    return min(nearest) > 1e-3


def _check_parameters(found, drawn, device):
    expected = {
        f"{name} of layer {number}": array
        for number, arrays in enumerate(drawn)
        for name, array in zip(NAMES, arrays, strict=False)
    }
    names = list(found["parameters"])
    assert sorted(names) == sorted(expected), f"the parameters are {names}"
    assert found["count"] == len(expected), f"parameters() has {found['count']} elements"
    for name, wanted in expected.items():
        assert_close(found["parameters"][name][0], wanted, name=name, **CLOSE)
        places.check_place(found["parameters"][name], device, name)


def _check_results(found, expected, kind, device):
    names = {"RNNCell": ["h'"], "LSTMCell": ["h'", "c'"]}
    names = names.get(kind, ["output", "h at the end", "c at the end"])
    assert len(found["results"]) == len(expected), f"{len(found['results'])} results"
    if kind != "RNNCell":
        assert found["kinds"][0] == "tuple", f"{kind} returns a {found['kinds'][0]}"
    if kind == "LSTM":
        assert found["kinds"][1] == "tuple", f"the state at the end is a {found['kinds'][1]}"
    for name, got, wanted in zip(names, found["results"], expected, strict=False):
        assert_close(got[0], wanted, name=name, **CLOSE)
        places.check_place(got, device, name)


def _check_gradients(found, results, X, given, states, drawn, cell):
    flat = [array for arrays in drawn for array in arrays]
    size = len(drawn[0])

    def total(arrays):
        X, states, *weights = arrays
        cells = [weights[i : i + size] for i in range(0, len(weights), size)]
        return sum(float((slopes.uneven(r.shape) * r).sum()) for r in results(X, states, cells))

    slope_X, slope_states, *others = slopes.gradients(total, [X, states, *flat])
    expected = {"X": slope_X[0] if cell else slope_X}
    if given is not None:
        expected |= {"hc"[i]: part[0] if cell else part for i, part in enumerate(slope_states)}
    names = [f"{n} of layer {i}" for i in range(len(drawn)) for n in NAMES[:size]]
    expected |= dict(zip(names, others, strict=True))
    for name, wanted in expected.items():
        got = found["gradients"].get(name)
        assert got is not None, f"{name} has no gradient"
        assert_close(got, wanted, rtol=1e-3, atol=1e-4, name=f"gradient of {name}")


@on_student_side
def apply_sigmoid(x, device):
    """Return the sigmoid of x, with dtype and device, and its gradient."""
    import needle as ndl
    from needle import nn

    X = ndl.Tensor(x, device=getattr(ndl, device)(), dtype="float32")
    out = nn.Sigmoid()(X)
    out.backward()
    return (out.numpy(), str(out.dtype), str(out.device)), X.grad.numpy()


def check_sigmoid(x, device="cpu"):
    """Compare the sigmoid and its gradient."""
    x = np.asarray(x, np.float32)
    found, gradient = apply_sigmoid(x, device)
    expected = sigmoid(x.astype(np.float64))
    assert_close(found[0], expected, name="sigmoid", **CLOSE)
    places.check_place(found, device, "sigmoid")
    assert_close(gradient, expected * (1 - expected), name="gradient", **CLOSE)


@on_student_side
def replaced(kind, sizes, X, weights):
    """Return the output of a network of one layer after its W_ih was replaced by a plain tensor."""
    import needle as ndl
    from needle import nn

    module = getattr(nn, kind)(*sizes, 1, False, device=ndl.cpu())
    (cell,) = module.lstm_cells if kind == "LSTM" else module.rnn_cells
    cell.W_ih, cell.W_hh = (ndl.Tensor(w, device=ndl.cpu(), dtype="float32") for w in weights)
    output, _ = module(ndl.Tensor(X, device=ndl.cpu(), dtype="float32"))
    return output.numpy()


def check_replaced(rng, kind):
    """Weights that are put into a cell from outside are used."""
    columns = 12 if kind == "LSTM" else 3
    X = rng.normal(size=(4, 2, 5)).astype(np.float32)
    weights = [rng.uniform(-1, 1, (n, columns)).astype(np.float32) for n in (5, 3)]
    zeros = np.zeros((2 if kind == "LSTM" else 1, 1, 2, 3))
    expected, _ = read(kind, X.astype(np.float64), zeros, [weights])
    assert_close(replaced(kind, (5, 3), X, weights), expected, name="output", **CLOSE)
