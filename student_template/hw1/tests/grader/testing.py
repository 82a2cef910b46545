"""What test files import: strict comparison, gradient checks, random inputs.

The same test runs at home, where `needle` is your package, and in the grader, where it is a handle
on your package in a sandbox. `pytest -p grader.testing` gives tests the fixture `rng`.
"""

import functools
import hashlib
import importlib.util
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from grader import feedback

Array = NDArray[Any]
P = ParamSpec("P")
R = TypeVar("R")

#: set by the grader: runs a function, whose source travels, beside the student's code
student_side_runner: Callable[..., Any] | None = None
#: set by the grader: the folder of the complete reference
reference_dir: Path | None = None
#: set by the grader: only tests below it follow --run-seed, all others use seed 0
hidden_dir: Path | None = None


class Mismatch(AssertionError):
    """A result is not the expected one."""

    def __init__(self, text: str, *, category: str) -> None:
        super().__init__(text)
        #: the kind of difference in two words, fit to be shown without the values
        self.category = category


# -- comparison ------------------------------------------------------------------------


def assert_close(
    actual: object,
    expected: object,
    *,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    dtype: object = None,
    name: str = "",
    finite: bool = True,
    sizes: Mapping[str, int] | None = None,
) -> None:
    """Compare an array with the expected one: exact shape, `dtype` if given, then every value.

    Integers and booleans have to be equal. NaN and infinity are refused unless `finite=False`
    says that the expected array holds some. `sizes` names numbers that values may be too large or
    too small by, as `{"batch size": 8}`.
    """
    __tracebackhide__ = True
    wanted = np.asarray(expected)
    _check_expected(wanted, finite)
    array = _array(actual, name)
    if dtype is None and (array.dtype.kind == "b") != (wanted.dtype.kind == "b"):
        dtype = wanted.dtype
    if array.dtype.kind in "biu" and wanted.dtype.kind in "biu":
        rtol = atol = 0.0
    if _is_close(array, wanted, rtol, atol, dtype):
        return
    found = feedback.describe_mismatch(
        array, wanted, rtol=rtol, atol=atol, dtype=dtype, sizes=sizes
    )
    raise Mismatch(_titled(name, found.text), category=found.category)


def _check_expected(expected: Array, finite: bool) -> None:
    """Refuse an expected array that is not what the test's author meant."""
    if expected.dtype.kind not in "biuf":
        raise TypeError(f"the expected array has dtype {expected.dtype}, which is not numeric")
    if finite and not np.isfinite(expected).all():
        raise ValueError("the expected array holds NaN or infinity: pass finite=False if it should")


def _array(actual: object, name: str) -> Array:
    """Return `actual` as a plain array of numbers; a Tensor or a list is not one."""
    __tracebackhide__ = True
    kind = type(actual).__name__
    if not issubclass(type(actual), (int, float)) and not hasattr(type(actual), "__array__"):
        hint = "call .numpy() on it first" if kind == "Tensor" else "return a NumPy array"
        raise Mismatch(
            _titled(name, f"expected a NumPy array, got {feedback.clip(kind, 60)}: {hint}"),
            category="wrong type",
        )
    array = np.asarray(actual)
    if type(array) is not np.ndarray or array.dtype.kind not in "biuf":
        raise Mismatch(
            _titled(name, f"expected numbers, got an array of dtype {array.dtype}"),
            category="wrong dtype",
        )
    return array


def _is_close(actual: Array, expected: Array, rtol: float, atol: float, dtype: object) -> bool:
    if actual.shape != expected.shape:
        return False
    if dtype is not None and actual.dtype != np.dtype(dtype):  # type: ignore[call-overload]
        return False
    if rtol == atol == 0.0:
        return bool((actual == expected).all())
    got, want = actual.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(want)
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    with np.errstate(invalid="ignore", over="ignore"):
        near = finite & (np.abs(got - want) <= atol + rtol * np.abs(want))
    return bool((same | near).all())


def _titled(name: str, text: str) -> str:
    return f"{feedback.clip(name, 200)}: {text}" if name else text


# -- the student's side ----------------------------------------------------------------


def on_student_side(function: Callable[P, R]) -> Callable[P, R]:
    """Run a function of the module level where the student's package is: one trip instead of many.

    In the grader its source travels. So it imports what it needs in its body (`np` is there), uses
    no other name of its module, and takes and returns plain data: numbers, strings, arrays, and
    lists, tuples and dicts of them. An argument may also be a function that keeps these rules.
    """

    _check_travels(function)

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        __tracebackhide__ = True
        if student_side_runner is None:
            return function(*args, **kwargs)
        result: R = student_side_runner(function, args, kwargs)
        return result

    return run


def _check_travels(function: Callable[..., Any]) -> None:
    """Refuse at home, too, what cannot travel in the grader."""
    if "<" in function.__qualname__:
        raise TypeError(
            f"{function.__qualname__} cannot run on the student's side: it has to be a function "
            "that a `def` at the level of the module defines"
        )


# -- the reference ---------------------------------------------------------------------


def reference(module: str = "needle") -> types.ModuleType:
    """Return the instructor's package, loaded as `_reference.<module>`; LookupError without one.

    Only for packages that import themselves relatively: any `import needle` in them would give the
    student's.
    """
    folder = reference_dir or _find_reference(Path.cwd())
    if folder is None:
        raise LookupError("there is no folder reference_solution here or above")
    return _load_reference(folder, module)


def _find_reference(start: Path) -> Path | None:
    folders = (parent / "reference_solution" for parent in (start, *start.parents))
    return next((folder for folder in folders if folder.is_dir()), None)


@functools.cache
def _load_reference(folder: Path, module: str) -> types.ModuleType:
    files = (*folder.glob(f"*/{module}/__init__.py"), *folder.glob(f"{module}/__init__.py"))
    if not files:
        raise LookupError(f"{folder} has no package {module}")
    name = f"_reference.{module}"
    spec = importlib.util.spec_from_file_location(
        name, files[0], submodule_search_locations=[str(files[0].parent)]
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules.setdefault("_reference", types.ModuleType("_reference"))
    package = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    return package


# -- gradients -------------------------------------------------------------------------


def check_gradient(
    function: str | Callable[..., Any],
    *arrays: object,
    order: int = 1,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    **options: Any,
) -> None:
    """Check the value of a function and its gradients with respect to all `arrays`, in float64.

    `function` is the name of an operator, such as "matmul", which is asked for its own gradient; or
    a function of the module level (it travels as in `on_student_side`), which is called as
    `function(ndl, *tensors, **options)` and differentiated by `backward()`. Results are weighted
    unevenly, so that errors cannot cancel. With `order=2` the gradients are differentiated again.
    Expected is what the reference computes; at home, where there is none, differences of your own
    values: (f(x + eps) - f(x - eps)) / (2 eps).
    """
    __tracebackhide__ = True
    check_gradients(function, [(arrays, options)], order=order, rtol=rtol, atol=atol)


def check_gradients(
    function: str | Callable[..., Any],
    cases: Sequence[tuple[Sequence[object], Mapping[str, Any]]],
    *,
    order: int = 1,
    rtol: float = 1e-5,
    atol: float = 1e-6,
) -> None:
    """Do what `check_gradient` does for several cases of (arrays, options), in one trip."""
    __tracebackhide__ = True
    if not isinstance(function, str):
        _check_travels(function)
    inputs = [
        ([np.array(array, dtype=np.float64) for array in arrays], dict(options))
        for arrays, options in cases
    ]
    actual = _student_gradients(_gradients, function, _weights, inputs, order)
    for got, (arrays, options) in zip(actual, inputs, strict=True):
        title = _case_title(function, arrays, options)
        expected = _expected_gradients(function, arrays, order, options)
        if "value" in expected:
            name = f"{title}, forward"
            assert_close(got["value"], expected["value"], rtol=rtol, atol=atol, name=name)
        _compare_gradients(title, got["gradients"], expected["gradients"], rtol, atol)


def _case_title(
    function: str | Callable[..., Any], arrays: Sequence[Array], options: Mapping[str, Any]
) -> str:
    name = function if isinstance(function, str) else function.__name__
    details = [str(array.shape) for array in arrays]
    details += [f"{key}={feedback.clip(str(value), 40)}" for key, value in options.items()]
    return f"{name} of {', '.join(details)}"


def _compare_gradients(
    title: str, actual: Sequence[object], expected: Sequence[Array], rtol: float, atol: float
) -> None:
    __tracebackhide__ = True
    if len(actual) != len(expected):
        text = f"{title}: {len(actual)} gradients for {len(expected)} inputs"
        raise Mismatch(text, category="wrong gradient")
    for index, (got, wanted) in enumerate(zip(actual, expected, strict=True)):
        name = f"{title}, gradient of input {index}"
        if got is None:
            raise Mismatch(f"{name}: there is none", category="wrong gradient")
        try:
            assert_close(got, wanted, rtol=rtol, atol=atol, name=name)
        except Mismatch as mismatch:
            raise Mismatch(str(mismatch), category="wrong gradient") from None


# The next two functions also run on the student's side, where only `np` is known.


def _weights(shape: tuple[int, ...], index: int) -> "Array":
    """Return fixed, uneven weights between 0.5 and 1.5, of both signs."""
    steps = np.arange(1, int(np.prod(shape)) + 1) + 100 * index
    return np.asarray(((0.5 + steps * 0.618034 % 1) * (-1.0) ** (steps // 3)).reshape(shape))


def _gradients(
    ndl: "Any",
    function: "Any",
    weights: "Any",
    arrays: "Any",
    order: int,
    options: "Any",
) -> "Any":
    """Return the value of a function and the gradients of order `order`."""
    tensors = [ndl.Tensor(array) for array in arrays]
    if isinstance(function, str):
        out = getattr(ndl, function)(*tensors, **options)
        seed = ndl.Tensor(weights(out.shape, 0), requires_grad=False)
        gradients = list(out.op.gradient_as_tuple(seed, out)) if order else []
    else:
        out = function(ndl, *tensors, **options)
        if order:
            out.backward(ndl.Tensor(weights(out.shape, 0), requires_grad=False))
        gradients = [getattr(tensor, "grad", None) for tensor in tensors]
    value = out.numpy()
    for _ in range(1, order):
        out = None
        for index, gradient in enumerate(gradients):
            tensors[index].grad = None
            seed = ndl.Tensor(weights(gradient.shape, index), requires_grad=False)
            term = (gradient * seed).sum()
            out = term if out is None else out + term
        out.backward()
        gradients = [tensor.grad for tensor in tensors]
    return {
        "value": value,
        "gradients": [None if gradient is None else gradient.numpy() for gradient in gradients],
    }


@on_student_side
def _student_gradients(
    run: "Any", function: "Any", weights: "Any", cases: "Any", order: int
) -> "Any":
    import needle as ndl

    return [run(ndl, function, weights, arrays, order, options) for arrays, options in cases]


def _expected_gradients(
    function: str | Callable[..., Any], arrays: list[Array], order: int, options: dict[str, Any]
) -> dict[str, Any]:
    """Return what the reference computes; without one, at home, differences of own values."""
    try:
        trusted = reference()
    except LookupError:
        if student_side_runner is not None:
            raise
        return {"gradients": _differences(function, arrays, order, options)}
    result: dict[str, Any] = _gradients(trusted, function, _weights, arrays, order, options)
    return result


def _differences(
    function: str | Callable[..., Any],
    arrays: list[Array],
    order: int,
    options: dict[str, Any],
    eps: float = 1e-5,
) -> list[Array]:
    """Return central differences of the values, or of the gradients one order lower."""

    def weighted() -> float:
        case = (arrays, options)
        (lower,) = _student_gradients(_gradients, function, _weights, [case], order - 1)
        outputs = lower["gradients"] if order > 1 else [lower["value"]]
        return float(sum((_weights(o.shape, i) * o).sum() for i, o in enumerate(outputs)))

    gradients = []
    for array in arrays:
        gradient = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            middle = array[index]
            array[index] = middle + eps
            above = weighted()
            array[index] = middle - eps
            gradient[index] = (above - weighted()) / (2 * eps)
            array[index] = middle
        gradients.append(gradient)
    return gradients


# -- pytest ----------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --run-seed."""
    parser.addoption(
        "--run-seed", type=int, default=0, help="seed of the random inputs (default: 0)"
    )


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers that depend on the run's seed and the test's name alone."""
    path = request.node.path
    fixed = hidden_dir is not None and not path.is_relative_to(hidden_dir)
    seed = 0 if fixed else request.config.getoption("--run-seed")
    digest = hashlib.sha256(f"{seed}:{path.name}::{request.node.name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))
