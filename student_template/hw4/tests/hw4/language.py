"""Embedding and language models, in float64; training them by differences."""

import draws
import numpy as np
import places
import recurrent
import slopes
from grader.testing import assert_close, on_student_side
from layers import CLOSE


@on_student_side
def embed(sizes, words, seed, weights, device):
    """Return the vectors of words, with dtype and device; the matrix; and its gradient."""
    import needle as ndl
    from needle import nn

    place = getattr(ndl, device)()
    np.random.seed(seed)
    module = nn.Embedding(*sizes, device=place)
    out = module(ndl.Tensor(words, device=place, dtype="float32"))
    (out * ndl.Tensor(weights, device=place, dtype="float32")).sum().backward()
    found = [(t.numpy(), str(t.dtype), str(t.device)) for t in (out, module.weight)]
    return found, module.weight.grad.numpy(), len(module.parameters())


def check_embedding(rng, sizes, shape, device="cpu"):
    """Compare the vectors of words (time, batch), and the gradient of the matrix."""
    words, seed = rng.integers(0, sizes[0], shape), int(rng.integers(1000))
    weights = slopes.uneven((*shape, sizes[1]))
    found, gradient, count = embed(sizes, words.astype(np.float32), seed, weights, device)
    matrix = np.random.RandomState(seed).randn(*sizes)
    assert_close(found[1][0], matrix, name="weight", **CLOSE)
    assert_close(found[0][0], matrix[words], name="vectors", **CLOSE)
    expected = np.zeros(sizes)
    np.add.at(expected, words, weights)
    assert_close(gradient, expected, name="gradient of weight", **CLOSE)
    assert count == 1, f"parameters() has {count} elements"
    for name, place in zip(("vectors", "weight"), found, strict=True):
        places.check_place(place, device, name)


def draw_model(random, kind, sizes, layers):
    """Return matrix of the embedding, cells, and (weight, bias), for (embedding, words, hidden)."""
    embedding, words, hidden = sizes
    matrix = random.randn(words, embedding)
    cells = draws.cells(random, kind, embedding, hidden, layers)
    return matrix, cells, draws.linear(random, hidden, words)


def predict(kind, model, words, states):
    """Return logits (time * batch, words) and the states at the end."""
    matrix, cells, (weight, bias) = model
    outputs, last = recurrent.read(kind, matrix[words], states, cells)
    return outputs.reshape(-1, weight.shape[0]) @ weight + bias, last


def zero_states(kind, layers, batch, hidden):
    """Return the states at first."""
    return [np.zeros((layers, batch, hidden)) for _ in range(2 if kind == "LSTM" else 1)]


@on_student_side
def run(kind, sizes, layers, words, states, seed, device):
    """Return logits and states of a language model, their places, and shapes of parameters."""
    import needle as ndl
    from apps.models import LanguageModel

    place = getattr(ndl, device)()
    np.random.seed(seed)
    model = LanguageModel(*sizes, layers, seq_model=kind.lower(), device=place, dtype="float32")
    given = None
    if states is not None:
        given = tuple(ndl.Tensor(state, device=place, dtype="float32") for state in states)
        given = given if kind == "LSTM" else given[0]
    out, h = model(ndl.Tensor(words, device=place, dtype="float32"), given)
    out.sum().backward()
    parameters = model.parameters()
    missing = sum(getattr(p, "grad", None) is None for p in parameters)
    tensors = [out, *(h if kind == "LSTM" else [h])]
    found = [(t.numpy(), str(t.dtype), str(t.device)) for t in tensors]
    return found, sorted(tuple(p.shape) for p in parameters), missing, type(h).__name__


def check_model(rng, kind, sizes, shape, layers=1, given=False, device="cpu"):
    """Compare a language model of (embedding, words, hidden) on words (time, batch)."""
    seed, words = int(rng.integers(1000)), rng.integers(0, sizes[1], shape)
    states = zero_states(kind, layers, shape[1], sizes[2])
    if given:
        states = [rng.normal(size=s.shape).astype(np.float32) for s in states]
    arguments = (kind, sizes, layers, words.astype(np.float32), states if given else None)
    found, shapes, missing, state = run(*arguments, seed, device)
    model = draw_model(np.random.RandomState(seed), kind, sizes, layers)
    logits, last = predict(kind, model, words, states)
    names = ("logits", "h at the end", "c at the end")
    for name, got, wanted in zip(names, found, [logits, *last], strict=False):
        assert_close(got[0], wanted, name=name, **CLOSE)
        places.check_place(got, device, name)
    assert state == ("tuple" if kind == "LSTM" else "Tensor"), f"the state is a {state}"
    matrix, cells, linear = model
    expected = sorted(a.shape for a in (matrix, *(w for cell in cells for w in cell), *linear))
    assert shapes == expected, f"the shapes of the parameters are {shapes}"
    assert missing == 0, f"{missing} parameters have no gradient"


def flatten(model):
    """Return a model as one list of arrays."""
    matrix, cells, linear = model
    return [matrix, *(w for cell in cells for w in cell), *linear]


def unflatten(arrays, layers):
    """Return the model that `flatten` took apart."""
    cells = [arrays[1 + 4 * i : 5 + 4 * i] for i in range(layers)]
    return arrays[0], cells, tuple(arrays[-2:])


def losses(logits, targets):
    """Return the softmax loss of every row."""
    top = logits.max(axis=1, keepdims=True)
    odds = np.exp(logits - top)
    shares = odds[np.arange(len(targets)), targets] / odds.sum(axis=1)
    return -np.log(shares)


def epoch(kind, arrays, layers, hidden, data, seq_len, lr=None, weight_decay=0.0):
    """Return accuracy, loss and arrays after an epoch, trained with SGD where there is an `lr`."""
    data = data.astype(int)
    states = zero_states(kind, layers, data.shape[1], hidden)
    right, total, count = 0, 0.0, 0
    for start in range(0, len(data) - 1, seq_len):
        end = min(start + seq_len, len(data) - 1)
        words, targets = data[start:end], data[start + 1 : end + 1].reshape(-1)
        before = states

        def mean(arrays, words=words, targets=targets, before=before):
            logits, _ = predict(kind, unflatten(arrays, layers), words, before)
            return float(losses(logits, targets).mean())

        logits, states = predict(kind, unflatten(arrays, layers), words, before)
        right += int((logits.argmax(axis=1) == targets).sum())
        total += float(losses(logits, targets).sum())
        count += len(targets)
        if lr is not None:
            slope = slopes.gradients(mean, arrays)
            arrays = [a - lr * (g + weight_decay * a) for a, g in zip(arrays, slope, strict=True)]
    return right / count, total / count, arrays
