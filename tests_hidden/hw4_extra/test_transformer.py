"""Transformers of other sizes, sequences of any length, and language models."""

import definition
import modules
import numpy as np
import places
from grader.testing import assert_close, on_student_side


def run(x, arguments, options, seed, device="cpu"):
    """Run a transformer on x (batch, time, features); return what it computes, and its weights."""
    features, hidden, layers = arguments
    options = {"num_head": 2, "dim_head": 3, "batch_first": True, "sequence_len": 9, **options}
    inner, length = options["num_head"] * options["dim_head"], options["sequence_len"]
    random = np.random.RandomState(seed)
    drawn = definition.draw_transformer(random, features, inner, hidden, layers, length)
    given = x if options["batch_first"] else np.ascontiguousarray(x.swapaxes(0, 1))
    weights = modules.uneven(given.shape)
    found = modules.run(
        "Transformer", arguments, options, [given], weights, seed, "eval", 0, device
    )
    return found, drawn, weights


def check(rng, shape, arguments, options=None, device="cpu"):
    """Compare the output with the definition."""
    options = options or {}
    x, seed = rng.normal(size=shape).astype(np.float32), int(rng.integers(1000))
    found, drawn, weights = run(x, arguments, options, seed, device)
    heads, causal = options.get("num_head", 2), options.get("causal", True)
    expected = definition.transformer(x.astype(np.float64), drawn, heads, causal)
    if not options.get("batch_first", True):
        expected = expected.swapaxes(0, 1)
    close = {"rtol": 1e-3, "atol": 1e-4}
    assert_close(found["out"], expected, dtype="float32", name="output", **close)
    (state,) = found["others"]
    assert_close(state, np.zeros(found["out"].shape), dtype="float32", name="state")
    assert set(found["devices"]) == {f"{device}()"}, f"on {sorted(set(found['devices']))}"
    return found, drawn, weights, x.astype(np.float64)


def test_one_layer(rng):
    """A single layer with sizes that all differ."""
    check(rng, (2, 5, 6), (6, 7, 1))


def test_three_layers(rng):
    """Three layers, one after the other."""
    check(rng, (2, 4, 5), (5, 3, 3), {"num_head": 1})


def test_no_layer(rng):
    """Without layers, only the vectors of times are added."""
    check(rng, (2, 4, 5), (5, 3, 0))


def test_without_a_mask(rng):
    """A transformer that also sees later times."""
    check(rng, (2, 4, 6), (6, 5, 2), {"causal": False})


def test_time_first(rng):
    """Sequences as (time, batch, features), where batch and time differ."""
    check(rng, (2, 5, 6), (6, 7, 2), {"batch_first": False})
    check(rng, (5, 2, 6), (6, 7, 1), {"batch_first": False})


def test_the_longest_sequence(rng):
    """A sequence may be as long as `sequence_len`, or have one time only."""
    check(rng, (1, 9, 4), (4, 5, 1))
    check(rng, (3, 1, 4), (4, 5, 1))


def test_time_matters(rng):
    """Equal vectors at different times give different outputs."""
    x = np.repeat(rng.normal(size=(1, 1, 6)), 4, axis=1).astype(np.float32)
    found, _, _ = run(x, (6, 7, 1), {}, 2)
    out = found["out"]
    assert np.abs(out[:, 1:] - out[:, :-1]).max(axis=(0, 2)).min() > 1e-3


def test_sequences_do_not_mix(rng):
    """The output of a sequence does not depend on the others of its batch."""
    x = rng.normal(size=(3, 4, 6)).astype(np.float32)
    together, _, _ = run(x, (6, 7, 2), {}, 2)
    alone, _, _ = run(x[1:2], (6, 7, 2), {}, 2)
    assert_close(together["out"][1:2], alone["out"], name="output", **modules.CLOSE)


def test_weights(rng):
    """The vectors of times come first, then every layer; there are no others but those of norms."""
    found, drawn, _, _ = check(rng, (1, 3, 6), (6, 7, 2))
    modules.match(found["parameters"], drawn)
    count, norms = sum(p.size for p in found["parameters"]), 2 * 4 * 2 * 6
    expected = sum(w.size for w in drawn) + norms
    assert count == expected, f"{count} numbers in all parameters, {expected} expected"


def test_gradients_of_weights(rng):
    """The gradient with respect to the vectors of times, and to weights of both layers."""
    found, drawn, weights, x = check(rng, (2, 3, 4), (4, 5, 2), {"dim_head": 2})

    def total(arrays):
        return float((definition.transformer(x, arrays, 2) * weights).sum())

    places = modules.match(found["parameters"], drawn)
    for position in (0, 1, 4, 5, 8, 10, 13, 16):
        gradient = found["gradients"][1 + places[position]]
        modules.check_gradient(rng, total, drawn, position, gradient, f"weight {position + 1}")


def test_other_devices(rng):
    """Parameters, masks, times and the state are on the device that is asked for."""
    for device in places.others():
        check(rng, (2, 4, 3), (3, 5, 2), {}, device)
        check(rng, (1, 2, 4), (4, 3, 1), {"causal": False, "batch_first": False}, device)


@on_student_side
def language_model(seed, vocabulary, words):
    """Return the logits of a language model that is a transformer, and its number of numbers."""
    import needle as ndl
    from apps.models import LanguageModel

    np.random.seed(seed)
    device = ndl.cpu()
    model = LanguageModel(8, vocabulary, 16, 1, "transformer", seq_len=5, device=device)
    model.eval()
    x = ndl.Tensor(words, device=device, dtype="float32")
    logits, _ = model(x)
    return logits.numpy(), sum(p.numpy().size for p in model.parameters())


def test_language_model(rng):
    """A language model may be a transformer: embedding, transformer, linear layer."""
    vocabulary, time, batch = 11, 4, 3
    words, seed = rng.integers(0, vocabulary, (time, batch)), int(rng.integers(1000))
    logits, _ = language_model(seed, vocabulary, words.astype(np.float32))
    random = np.random.RandomState(seed)
    embedding = random.randn(vocabulary, 8)
    drawn = definition.draw_transformer(random, 8, 8 * 32, 16, 1, 5)
    weight, bias = definition.uniform(random, 8, vocabulary), None
    bias = definition.uniform(random, vocabulary, 1).reshape(1, vocabulary)
    x = embedding[words].swapaxes(0, 1)
    out = definition.transformer(x, drawn, 8).swapaxes(0, 1).reshape(time * batch, 8)
    close = {"rtol": 1e-3, "atol": 1e-3}
    assert_close(logits, out @ weight + bias, dtype="float32", name="logits", **close)
