"""The helpers of test files: strict where weak ones let wrong work through."""

from __future__ import annotations

import sys
import textwrap
import types

import numpy as np
import pytest

from grader import testing
from grader.testing import (
    Mismatch,
    assert_close,
    check_gradient,
    check_gradients,
    check_module,
    on_student_side,
)

pytest_plugins = ["pytester"]


def category(actual: object, expected: object, **options: object) -> str:
    with pytest.raises(Mismatch) as caught:
        assert_close(actual, expected, **options)
    return caught.value.category


# -- assert_close ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (1.0, 1.0),
        (np.float32(1), 1.0),
        (np.ones((2, 3), np.float32), np.ones((2, 3))),
        (np.array([1.0 + 1e-7]), [1.0]),
        (np.array([1, 2]), [1.0, 2.0]),
        (np.array([True]), [True]),
        (np.zeros((0, 3)), np.zeros((0, 3))),
    ],
)
def test_equal_arrays_pass(actual, expected):
    assert_close(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (1.0, np.ones(3)),
        (np.ones(()), np.ones(3)),
        (np.ones(1), 1.0),
        (np.ones((1, 3)), np.ones(3)),
        (np.ones((3, 1)), np.ones((1, 3))),
        (np.zeros((0, 3)), np.ones((1, 3))),
    ],
)
def test_shapes_have_to_be_equal(actual, expected):
    assert category(actual, expected) == "wrong shape"


def test_dtype_counts_where_it_is_given():
    assert_close(np.ones(2), np.ones(2))
    assert category(np.ones(2), np.ones(2), dtype="float32") == "wrong dtype"
    assert category(np.array([True]), [1.0]) == "wrong dtype"
    assert category(np.array([1]), [True]) == "wrong dtype"


@pytest.mark.parametrize(
    "actual", [np.array([object()]), np.array(["1"]), np.array([1 + 0j]), np.array([b"1"])]
)
def test_arrays_of_anything_but_real_numbers_are_refused(actual):
    assert category(actual, [1.0]) == "wrong dtype"


class Tensor:
    """Something like a student's tensor: nothing of it may be called."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"{name} was asked for")

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None


@pytest.mark.parametrize("actual", [None, "1.0", [1.0], (1.0,), {}, 1j])
def test_what_is_not_an_array_is_refused(actual):
    assert category(actual, [1.0]) == "wrong type"


def test_a_tensor_gets_the_hint_to_call_numpy():
    with pytest.raises(Mismatch, match=r"got Tensor: call \.numpy\(\) on it first"):
        assert_close(Tensor(), 1.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused_unless_declared(value):
    assert category(np.array([1.0, value]), [1.0, 2.0]) == "not finite"
    assert_close(np.array([1.0, value]), [1.0, value], finite=False)
    assert category(np.array([value, 1.0]), [1.0, value], finite=False) == "not finite"
    assert category(np.array([1.0, 5.0]), [1.0, value], finite=False) == "wrong value"


def test_an_expected_array_that_cannot_be_meant_is_the_authors_mistake():
    with pytest.raises(ValueError, match="finite=False"):
        assert_close(np.ones(1), [np.nan])
    with pytest.raises(TypeError, match="not numeric"):
        assert_close(np.ones(1), ["1"])


def test_tolerance_is_relative_to_the_expected_value():
    assert category(np.array([1e9]), [1.0], rtol=0.5) == "wrong value"
    assert_close(np.array([0.5]), [1.0], rtol=0.5)
    assert category(np.array([1.0]), [0.5], rtol=0.5, atol=0) == "wrong value"


def test_integers_have_to_be_equal():
    assert category(np.array([1_000_001]), [1_000_000]) == "wrong value"
    assert_close(np.array([7], np.uint8), np.array([7]))
    assert category(np.array([255], np.uint8), np.array([-1])) == "wrong value"


def test_huge_values_do_not_overflow_into_a_pass():
    assert category(np.array([1e308]), [-1e308]) == "wrong value"
    assert category(np.array([np.inf]), [1e308]) == "not finite"


def test_the_name_comes_first_and_is_bounded():
    with pytest.raises(Mismatch, match=r"\Alogits: shape \(2,\), expected \(3,\)"):
        assert_close(np.ones(2), np.ones(3), name="logits")
    with pytest.raises(Mismatch) as caught:
        assert_close(np.ones(2), np.ones(3), name="n" * 10_000)
    assert len(str(caught.value)) < 2_000


# -- on_student_side -------------------------------------------------------------------


@on_student_side
def double(value: int, *, plus: int = 0) -> int:
    """Twice."""
    return 2 * value + plus


def test_at_home_a_function_for_the_students_side_is_just_called():
    assert double(2, plus=1) == 5
    assert double.__doc__ == "Twice."


def test_in_the_grader_the_runner_gets_the_function_and_its_arguments(monkeypatch):
    calls = []
    monkeypatch.setattr(testing, "student_side_runner", lambda *call: calls.append(call) or 9)
    assert double(2, plus=1) == 9
    assert [(function.__name__, *rest) for function, *rest in calls] == [
        ("double", (2,), {"plus": 1})
    ]


def test_functions_that_cannot_travel_are_refused_at_home_too():
    with pytest.raises(TypeError, match="level of the module"):
        on_student_side(lambda: 1)
    with pytest.raises(TypeError, match="level of the module"):
        check_gradient(lambda ndl, a: a, [1.0])


# -- check_gradient, on a package of three operators ---------------------------------


class Number:
    """A tensor with just enough in it; `wrong` names the operation to get wrong."""

    wrong = ""

    def __init__(self, data, requires_grad=True, parts=()):
        self.data, self.parts = np.asarray(data), parts
        self.op = self

    def gradient_as_tuple(self, out_grad, node):
        return tuple(Number(rule(Number(out_grad.data)).data) for _, rule in self.parts)

    def __mul__(self, other):
        parts = ((self, lambda g: g * other), (other, lambda g: g * self))
        return Number(self.data * other.data, parts=parts)

    def __add__(self, other):
        return Number(self.data + other.data, parts=((self, lambda g: g), (other, lambda g: g)))

    def sum(self):
        shape = Number(np.ones(self.shape))
        return Number(self.data.sum(), parts=((self, lambda g: g * shape),))

    def backward(self, seed=None):
        grads: dict[int, Number] = {}
        self._collect(seed or Number(1.0), grads)

    def _collect(self, grad, grads):
        grads[id(self)] = self.grad = grads[id(self)] + grad if id(self) in grads else grad
        for part, rule in self.parts:
            part._collect(rule(grad), grads)

    @property
    def shape(self):
        return self.data.shape

    def numpy(self):
        return self.data * (1.5 if Number.wrong == "value" else 1)


def square(a):
    rule = {"sign": -2.0, "scale": 3.0}.get(Number.wrong, 2.0)
    if Number.wrong == "uniform":  # right in sum only
        return Number(a.data**2, parts=((a, lambda g: Number(g.data * 2 * a.data.mean())),))
    return Number(a.data**2, parts=((a, lambda g: g * a * Number(rule)),))


def cube(ndl, a):
    return ndl.square(a) * a


@pytest.fixture
def package(monkeypatch, tmp_path):
    """A student's package `needle` of such numbers, and no reference in sight."""
    fake = types.ModuleType("needle")
    fake.Tensor, fake.square = Number, square
    fake.multiply = lambda a, b: a * b
    monkeypatch.setitem(sys.modules, "needle", fake)
    monkeypatch.setattr(Number, "wrong", "")
    monkeypatch.chdir(tmp_path)
    return fake


@pytest.mark.parametrize("function", ["square", cube])
def test_right_gradients_pass(package, function):
    check_gradient(function, [[1.0, 2.0], [-0.5, 3.0]])


def test_every_input_of_an_operator_is_checked(package):
    check_gradient("multiply", [1.0, 2.0], [0.5, -3.0])
    package.multiply = lambda a, b: Number(
        (a * b).data, parts=(*(a * b).parts[:1], (b, lambda g: g))
    )
    with pytest.raises(Mismatch, match=r"multiply of \(2,\), \(2,\), gradient of input 1"):
        check_gradient("multiply", [1.0, 2.0], [0.5, -3.0])


def power(ndl, a, exponent):
    return a * a if exponent == 2 else ndl.square(a) * a


def test_several_cases_are_checked_and_the_wrong_one_is_named(package):
    cases = [([[1.0, 2.0]], {"exponent": 2}), ([[1.0, 2.0, 3.0]], {"exponent": 3})]
    check_gradients(power, cases)
    package.Tensor.wrong = "scale"
    with pytest.raises(Mismatch, match=r"power of \(3,\), exponent=3, gradient of input 0"):
        check_gradients(power, cases)


def test_second_derivatives_are_checked(package):
    check_gradient(cube, [1.0, 2.0, -0.5], order=2)
    package.Tensor.wrong = "scale"
    with pytest.raises(Mismatch, match=r"cube of \(3,\), gradient of input 0"):
        check_gradient(cube, [1.0, 2.0, -0.5], order=2)


@pytest.mark.parametrize("wrong", ["sign", "scale", "uniform"])
def test_wrong_gradients_fail(package, wrong):
    package.Tensor.wrong = wrong
    with pytest.raises(Mismatch) as caught:
        check_gradient("square", [[1.0, 2.0], [-0.5, 3.0]])
    assert caught.value.category == "wrong gradient"


def test_a_missing_gradient_is_said(package):
    package.square = lambda a: Number(a.data**2, parts=())
    with pytest.raises(Mismatch, match=r"square of \(1,\): 0 gradients for 1 inputs"):
        check_gradient("square", [1.0])
    with pytest.raises(Mismatch, match=r"constant of \(1,\), gradient of input 0: there is none"):
        check_gradient(constant, [1.0])


def constant(ndl, a):
    return ndl.Tensor(a.data)


class Scale:
    """A module with one parameter; `forgets` leaves the parameter out of the graph."""

    forgets = False

    def __init__(self, factors):
        self.weight = Number(np.asarray(factors))

    def parameters(self):
        return [self.weight]

    def __call__(self, a):
        return a * (Number(self.weight.data) if Scale.forgets else self.weight)


def scale(ndl, factors):
    return Scale(factors)


@pytest.fixture
def module(package, monkeypatch):
    """Needle's way to fill a parameter: its data are an attribute."""
    data = property(lambda self: self.data, lambda self, value: setattr(self, "data", value))
    monkeypatch.setattr(Number, "cached_data", data, raising=False)
    monkeypatch.setattr(Scale, "forgets", False)
    return package


def test_every_parameter_of_a_module_is_checked(module):
    check_module(scale, [1.0, 2.0], factors=[0.0, 0.0])
    Scale.forgets = True
    with pytest.raises(Mismatch, match=r"scale of \(2,\), .*, gradient of parameter 0: there is"):
        check_module(scale, [1.0, 2.0], factors=[0.0, 0.0])


def test_a_module_cannot_choose_the_numbers_that_it_is_checked_with(module):
    class Zeros(Number):
        def numpy(self):
            return np.zeros(self.shape)

        cached_data = property(lambda self: self.data, lambda self, _: None)

    def build(ndl, factors):
        made = Scale(factors)
        made.weight = Zeros(np.zeros(2))
        return made

    build.__qualname__ = "build"
    with pytest.raises(Mismatch, match="parameter 0, as the test filled it"):
        check_module(build, [1.0, 2.0], factors=[0.0, 0.0])


@pytest.mark.parametrize("wrong", ["sign", "scale"])
def test_float32_is_precise_enough_to_tell_right_from_wrong(package, wrong):
    check_gradient("square", [[1.0, 2.0], [-0.5, 3.0]], dtype="float32")
    package.Tensor.wrong = wrong
    with pytest.raises(Mismatch, match="gradient of input 0"):
        check_gradient("square", [[1.0, 2.0], [-0.5, 3.0]], dtype="float32")


def test_inputs_have_the_dtype_that_is_asked_for(package):
    seen = []
    package.square = lambda a: seen.append(a.data.dtype.name) or square(a)
    check_gradient("square", [1.0])
    check_gradient("square", [1.0], dtype="float32")
    assert seen[0] == "float64"
    assert seen[-1] == "float32"


def test_inputs_are_on_the_device_that_is_asked_for(package, monkeypatch):
    made = []
    package.gpu = lambda: "gpu()"
    package.Tensor = lambda data, requires_grad=True, device="cpu()": (
        made.append(device) or Number(data)
    )
    check_gradient("square", [1.0], device="gpu")
    assert set(made) == {"gpu()"}


REFERENCE = """
import numpy as np

class Tensor:
    def __init__(self, data, requires_grad=True):
        self.data = np.asarray(data)
    shape = property(lambda self: self.data.shape)
    def numpy(self):
        return self.data

def square(a):
    out = Tensor(a.data ** 2)
    out.op = out
    out.gradient_as_tuple = lambda g, node: (Tensor(2 * a.data * g.data),)
    return out
"""


def test_where_there_is_a_reference_values_are_checked_against_it(package, tmp_path):
    folder = tmp_path / "reference_solution" / "python" / "needle"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(REFERENCE)
    assert testing.reference() is testing.reference()
    assert testing.reference().__name__ == "_reference.needle"
    check_gradient("square", [1.0, 2.0])
    package.Tensor.wrong = "value"
    with pytest.raises(Mismatch, match=r"square of \(2,\), forward") as caught:
        check_gradient("square", [1.0, 2.0])
    assert caught.value.category == "wrong value"


def test_a_full_sum_may_keep_one_axis_where_there_is_only_float32(package, tmp_path):
    folder = tmp_path / "reference_solution" / "python" / "needle"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(REFERENCE)
    package.square = lambda a: Number(
        a.data.reshape(1) ** 2, parts=((a, lambda g: Number(2 * a.data * g.data.reshape(()))),)
    )
    check_gradient("square", 3.0, dtype="float32")
    with pytest.raises(Mismatch, match=r"square of \(\), forward"):
        check_gradient("square", 3.0)


def test_without_a_reference_the_grader_does_not_take_the_students_word(package, monkeypatch):
    monkeypatch.setattr(testing, "student_side_runner", lambda f, a, k: f(*a, **k))
    with pytest.raises(LookupError, match="reference_solution"):
        check_gradient("square", [1.0])


# -- pytest ----------------------------------------------------------------------------

DRAWS = """
    import pytest

    @pytest.mark.parametrize("case", [1, 2])
    def test_draw(rng, case):
        print("drew", case, rng.integers(1 << 60))
"""


@pytest.fixture
def draws(pytester):
    """Return a function that gives the numbers drawn by a test file in `folder` with `seed`."""

    def run(folder: str, seed: int) -> list[str]:
        path = pytester.mkdir(folder) / "test_draws.py"
        path.write_text(textwrap.dedent(DRAWS))
        options = ["-s", "-p", "grader.testing", f"--run-seed={seed}", "--import-mode=importlib"]
        result = pytester.runpytest_inprocess(*options, folder)
        result.assert_outcomes(passed=2)
        return [line.split()[-1] for line in result.outlines if "drew" in line]

    return run


def test_random_numbers_depend_on_seed_and_test_alone(draws):
    first = draws("a", 5)
    assert first[0] != first[1]
    assert draws("b", 5) == first
    assert set(draws("c", 6)).isdisjoint(first)


def test_only_hidden_tests_follow_the_seed_when_the_grader_says_which_are_hidden(
    draws, pytester, monkeypatch
):
    monkeypatch.setattr(testing, "hidden_dir", pytester.path / "hidden")
    assert draws("public", 5) == draws("public2", 0)
    assert draws("hidden", 5) != draws("public3", 5)
