"""What each operator computes: other shapes, other axes, unusual numbers."""

import numpy as np
from grader.testing import assert_close, on_student_side


@on_student_side
def results(calls):
    """Call operators, given as (name, arrays, options); return results and inputs afterwards."""
    import needle as ndl

    found = []
    for name, arrays, options in calls:
        tensors = [ndl.Tensor(array) for array in arrays]
        out = getattr(ndl, name)(*tensors, **options).numpy()
        found.append((out, [tensor.numpy() for tensor in tensors]))
    return found


def compare(name, calls, expected):
    """Compare what operator `name` makes of each call's arrays and options."""
    found = results([(name, arrays, options) for arrays, options in calls])
    for (arrays, options), (out, _), wanted in zip(calls, found, expected, strict=True):
        shapes = ", ".join(str(np.shape(array)) for array in arrays)
        assert_close(out, wanted, name=f"{name} of {shapes}, {options}")


def every_operator(rng, dtype):
    """Return a call of every operator that students write, and what it should return."""
    a, b = (rng.uniform(0.5, 2, (3, 4)).astype(dtype) for _ in range(2))
    columns = np.ascontiguousarray(b.T)
    return [
        ("power", [a, b], {}, a**b),
        ("power_scalar", [a], {"scalar": 3}, a * a * a),
        ("divide", [a, b], {}, a / b),
        ("divide_scalar", [a], {"scalar": 7}, a / 7),
        ("matmul", [a, columns], {}, a @ columns),
        ("summation", [a], {"axes": (1,)}, a.sum(axis=1)),
        ("broadcast_to", [a], {"shape": (2, 3, 4)}, np.stack([a, a])),
        ("reshape", [a], {"shape": (12,)}, a.reshape(12)),
        ("transpose", [a], {}, a.T),
        ("negate", [a], {}, -a),
        ("log", [a], {}, np.log(a)),
        ("exp", [a], {}, np.exp(a)),
        ("relu", [a - dtype(1)], {}, np.maximum(a - dtype(1), 0)),
    ]


def test_powers(rng):
    """power takes the base from its first argument; power_scalar works for any exponent."""
    a, exponents = rng.uniform(0.5, 3, (4, 3)), rng.uniform(-2, 2, (4, 3))
    compare("power", [([a, exponents], {})], [a**exponents])
    scalars = [0, 1, 2, 5, -1, -2, 0.5, -1.5]
    compare("power_scalar", [([a], {"scalar": s}) for s in scalars], [a**s for s in scalars])
    compare("power_scalar", [([-a], {"scalar": 2}), ([-a], {"scalar": 3})], [a * a, -a * a * a])


def test_quotients(rng):
    """divide divides its first argument by its second, divide_scalar by any number."""
    a, b = rng.normal(size=(4, 3)), rng.uniform(0.5, 2, (4, 3)) * rng.choice([-1, 1], (4, 3))
    compare("divide", [([a, b], {}), ([b, a + 9], {})], [a / b, b / (a + 9)])
    scalars = [3, -4, 0.125, -2.5]
    compare("divide_scalar", [([a], {"scalar": s}) for s in scalars], [a / s for s in scalars])


def test_matmul(rng):
    """matmul multiplies matrices of any size, and batches of them."""
    shapes = [((3, 5), (5, 2)), ((1, 5), (5, 2)), ((3, 5), (5, 1)), ((5, 1), (1, 5))]
    shapes += [((4, 2, 3), (4, 3, 5)), ((6, 4, 2, 3), (6, 4, 3, 2))]
    calls = [([rng.normal(size=shape) for shape in pair], {}) for pair in shapes]
    compare("matmul", calls, [np.matmul(*arrays) for arrays, _ in calls])


def test_matmul_of_batches_that_broadcast(rng):
    """matmul of a batch and a matrix, and of batches with axes of size 1 or without some axes."""
    shapes = [((2, 3), (4, 3, 5)), ((4, 2, 3), (3, 5))]
    shapes += [((6, 1, 2, 3), (1, 4, 3, 2)), ((4, 2, 3), (6, 4, 3, 2))]
    calls = [([rng.normal(size=shape) for shape in pair], {}) for pair in shapes]
    compare("matmul", calls, [np.matmul(*arrays) for arrays, _ in calls])


def test_summation_over_everything(rng):
    """summation without axes sums over all axes and leaves none."""
    arrays = [rng.normal(size=shape) for shape in [(3, 4), (2, 3, 4), (5,), (1, 1), ()]]
    compare("summation", [([a], {}) for a in arrays], [a.sum() for a in arrays])


def test_summation_over_axes(rng):
    """summation drops the axes that it is given, as a number or as a tuple, also negative ones."""
    a = rng.normal(size=(3, 4, 1, 5))
    axes = [0, 1, 2, -1, -2, (0,), (2,), (0, 2), (1, 3), (1, 2, 3), (-1, 0), (0, 1, 2, 3)]
    compare("summation", [([a], {"axes": each}) for each in axes], [a.sum(each) for each in axes])


def test_broadcast_to(rng):
    """broadcast_to adds leading axes and stretches axes of size 1, wherever they are."""
    cases = [
        ((), (2, 3)),
        ((3,), (2, 3)),
        ((1,), (4,)),
        ((3, 1), (3, 4)),
        ((1, 3), (4, 3)),
        ((5, 4, 1), (5, 4, 3)),
        ((5, 1, 1), (5, 4, 3)),
        ((4, 1), (5, 4, 3)),
        ((2, 3), (2, 3)),
    ]
    arrays = [rng.normal(size=shape) for shape, _ in cases]
    compare(
        "broadcast_to",
        [([a], {"shape": shape}) for a, (_, shape) in zip(arrays, cases, strict=True)],
        [np.broadcast_to(a, shape) for a, (_, shape) in zip(arrays, cases, strict=True)],
    )


def test_reshape(rng):
    """reshape keeps the order of the elements, for any number of axes."""
    a = rng.normal(size=(2, 6))
    shapes = [(6, 2), (12,), (3, 4), (2, 3, 2), (1, 12, 1), (2, 6)]
    compare("reshape", [([a], {"shape": s}) for s in shapes], [a.reshape(s) for s in shapes])
    compare("reshape", [([a[:1, :1]], {"shape": ()})], [a[0, 0]])


def test_transpose(rng):
    """transpose swaps the two axes that it is given, or else the last two of any number of axes."""
    arrays = [rng.normal(size=shape) for shape in [(3, 4), (2, 3, 4), (2, 3, 4, 5)]]
    compare("transpose", [([a], {}) for a in arrays], [np.swapaxes(a, -1, -2) for a in arrays])
    a = arrays[-1]
    pairs = [(0, 1), (1, 2), (0, 3), (3, 1), (1, 3), (-1, -2), (0, -1)]
    expected = [np.swapaxes(a, *pair) for pair in pairs]
    compare("transpose", [([a], {"axes": pair}) for pair in pairs], expected)


def test_elementwise_functions(rng):
    """negate, log, exp and relu of small and of large numbers, of zero, for any number of axes."""
    arrays = [rng.uniform(-12, 12, shape) for shape in [(), (3,), (2, 3, 2)]]
    arrays[1][1] = 0
    compare("negate", [([a], {}) for a in arrays], [-a for a in arrays])
    compare("exp", [([a], {}) for a in arrays], [np.exp(a) for a in arrays])
    compare("log", [([np.exp(a)], {}) for a in arrays], arrays)
    compare("relu", [([a], {}) for a in arrays], [np.where(a > 0, a, 0.0) for a in arrays])
    compare("relu", [([-abs(a)], {}) for a in arrays], [0 * a for a in arrays])


def test_float32_stays_float32(rng):
    """Every operator makes float32 out of float32."""
    calls = every_operator(rng, np.float32)
    found = results([call[:3] for call in calls])  # what is expected stays here
    for (name, *_, wanted), (out, _) in zip(calls, found, strict=True):
        assert_close(out, wanted, rtol=1e-4, atol=1e-4, dtype="float32", name=name)


def test_inputs_stay_as_they_are(rng):
    """No operator changes the data of its inputs."""
    calls = every_operator(rng, np.float64)
    found = results([call[:3] for call in calls])
    for (name, arrays, _, wanted), (out, afterwards) in zip(calls, found, strict=True):
        assert_close(out, wanted, name=name)
        for before, after in zip(arrays, afterwards, strict=True):
            assert_close(after, before, name=f"input of {name}")
