"""What test files import: strict comparison, gradient checks, random inputs.

The same test runs at home, where `needle` is your package, and in the grader, where it is a handle
on your package in a sandbox. `pytest -p grader.testing` gives tests the fixtures `rng` and
`speed`.
"""

import dataclasses
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
from grader.comparison import Mismatch as Mismatch
from grader.comparison import assert_close as assert_close
from grader.speed import speed as speed

Array = NDArray[Any]
P = ParamSpec("P")
R = TypeVar("R")
#: arrays, options, and the numbers of a module's parameters, if they are given
Case = tuple[Sequence[Array], Mapping[str, Any], Sequence[Array] | None]

#: set by the grader: runs a function, whose source travels, beside the student's code
student_side_runner: Callable[..., Any] | None = None
#: set by the grader: the folder of the complete reference
reference_dir: Path | None = None
#: set by the grader: only tests below it follow --run-seed, all others use seed 0
hidden_dir: Path | None = None


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
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEEDLE_BACKEND", "np")  # an oracle computes in float64
        spec.loader.exec_module(package)
    return package


# -- gradients -------------------------------------------------------------------------


def check_gradient(
    function: str | Callable[..., Any],
    *arrays: object,
    order: int = 1,
    rtol: float | None = None,
    atol: float | None = None,
    dtype: str = "float64",
    device: str | None = None,
    **options: Any,
) -> None:
    """Check the value of a function and its gradients with respect to all `arrays`.

    `function` is the name of an operator, such as "matmul", which is asked for its own gradient; or
    a function of the module level (it travels as in `on_student_side`), which is called as
    `function(ndl, *tensors, **options)` and differentiated by `backward()`. Results are weighted
    unevenly, so that errors cannot cancel. With `order=2` the gradients are differentiated again.
    Expected is what the reference computes in float64; at home, where there is none, differences of
    your own values: (f(x + eps) - f(x - eps)) / (2 eps).

    Where there is only float32, ask for dtype "float32": tolerances are wider then, above all those
    of differences. `device` is the name of a function of Needle, such as "cuda".
    """
    __tracebackhide__ = True
    settings = Settings(order=order, rtol=rtol, atol=atol, dtype=dtype, device=device)
    _check(function, [(arrays, options)], settings)


def check_gradients(
    function: str | Callable[..., Any],
    cases: Sequence[tuple[Sequence[object], Mapping[str, Any]]],
    **settings: Any,
) -> None:
    """Do what `check_gradient` does for several cases of (arrays, options), in one trip.

    `settings` are those of `check_gradient`: order, rtol, atol, dtype, device.
    """
    __tracebackhide__ = True
    _check(function, cases, Settings(**settings))


def check_module(
    build: Callable[..., Any],
    *arrays: object,
    rtol: float | None = None,
    atol: float | None = None,
    dtype: str = "float64",
    device: str | None = None,
    **options: Any,
) -> None:
    """Check a module's output and its gradients with respect to all `arrays` and its parameters.

    `build` is a function of the module level, called as `build(ndl, **options)`, with the keyword
    `device` as well if one is named. It returns a module, or anything that has `parameters()` and
    can be called on tensors. Each parameter is filled with uneven numbers before it is called. All
    else is as in `check_gradient`.
    """
    __tracebackhide__ = True
    settings = Settings(module=True, rtol=rtol, atol=atol, dtype=dtype, device=device)
    _check(build, [(arrays, options)], settings)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How gradients are checked; see `check_gradient`."""

    order: int = 1
    #: None: as precise as the dtype allows
    rtol: float | None = None
    atol: float | None = None
    dtype: str = "float64"
    device: str | None = None
    #: whether the function makes a module, whose parameters are inputs, too
    module: bool = False

    def tolerance(self, differences: bool) -> tuple[float, float]:
        """Return rtol and atol of a comparison, with the reference or with differences."""
        rtol, atol = _TOLERANCES[self.dtype, differences]
        if differences and self.dtype == "float32":
            return rtol, atol
        return rtol if self.rtol is None else self.rtol, atol if self.atol is None else self.atol


#: (dtype, whether differences are what is compared with) -> (rtol, atol)
_TOLERANCES = {
    ("float64", False): (1e-5, 1e-6),
    ("float64", True): (1e-5, 1e-6),
    ("float32", False): (1e-3, 1e-4),
    ("float32", True): (5e-2, 2e-2),
}
#: how far apart the values of a difference are: the best step for smooth functions
_STEPS = {"float64": 1e-5, "float32": 1e-2}


def _check(
    function: str | Callable[..., Any],
    cases: Sequence[tuple[Sequence[object], Mapping[str, Any]]],
    settings: Settings,
) -> None:
    __tracebackhide__ = True
    if not isinstance(function, str):
        _check_travels(function)
    inputs: list[Case] = [
        # as the student's side gets them: rounded to the dtype
        ([np.array(array, dtype=settings.dtype) for array in arrays], dict(options), None)
        for arrays, options in cases
    ]
    actual = _on_student_side(function, inputs, settings)
    for got, (arrays, options, _) in zip(actual, inputs, strict=True):
        title = _case_title(function, arrays, options)
        _check_parameters(title, got["parameters"])
        expected = _expected_gradients(function, (arrays, options, got["parameters"]), settings)
        rtol, atol = settings.tolerance(differences="value" not in expected)
        if "value" in expected:
            value = _with_axis(got["value"], expected["value"], settings.dtype)
            name = f"{title}, forward"
            assert_close(value, expected["value"], rtol=rtol, atol=atol, name=name)
        _compare_gradients(title, got, expected["gradients"], len(arrays), rtol, atol)


def _case_title(
    function: str | Callable[..., Any], arrays: Sequence[Array], options: Mapping[str, Any]
) -> str:
    name = function if isinstance(function, str) else function.__name__
    details = [str(array.shape) for array in arrays]
    details += [f"{key}={feedback.clip(str(value), 40)}" for key, value in options.items()]
    return f"{name} of {', '.join(details)}"


def _with_axis(actual: object, expected: Array, dtype: str) -> object:
    """Take the axis off that Needle's own arrays keep when everything is summed: (1,) for ()."""
    one = isinstance(actual, np.ndarray) and actual.shape == (1,) and expected.shape == ()
    return actual.reshape(()) if one and dtype == "float32" else actual  # type: ignore[attr-defined]


def _check_parameters(title: str, parameters: Sequence[Any]) -> None:
    """Hold a module to the numbers that were put in: the expected values are computed from them."""
    __tracebackhide__ = True
    for index, parameter in enumerate(parameters):
        name = f"{title}, parameter {index}, as the test filled it"
        assert_close(parameter, _weights(np.shape(parameter), index + 1), name=name)


def _compare_gradients(
    title: str,
    got: Mapping[str, Any],
    expected: Sequence[Array],
    inputs: int,
    rtol: float,
    atol: float,
) -> None:
    __tracebackhide__ = True
    actual = got["gradients"]
    if len(actual) != len(expected):
        more = f" and {len(expected) - inputs} parameters" if len(expected) > inputs else ""
        text = f"{title}: {len(actual)} gradients for {inputs} inputs{more}"
        raise Mismatch(text, category="wrong gradient")
    for index, (found, wanted) in enumerate(zip(actual, expected, strict=True)):
        what = f"input {index}" if index < inputs else f"parameter {index - inputs}"
        name = f"{title}, gradient of {what}"
        if found is None:
            raise Mismatch(f"{name}: there is none", category="wrong gradient")
        try:
            assert_close(found, wanted, rtol=rtol, atol=atol, name=name)
        except Mismatch as mismatch:
            raise Mismatch(str(mismatch), category="wrong gradient") from None


# The next two functions also run on the student's side, where only `np` is known.


def _weights(shape: tuple[int, ...], index: int) -> "Array":
    """Return fixed, uneven weights between 0.5 and 1.5, of both signs."""
    steps = np.arange(1, int(np.prod(shape)) + 1) + 100 * index
    return np.asarray(((0.5 + steps * 0.618034 % 1) * (-1.0) ** (steps // 3)).reshape(shape))


def _gradients(ndl: "Any", function: "Any", weights: "Any", case: "Any", settings: "Any") -> "Any":
    """Return the value of a function, and the gradients of order `order`.

    The function is the name of an operator, or a function, or makes a module. The module's
    parameters get the given numbers, or the weights.
    """
    arrays, options, given = case
    where = {"device": getattr(ndl, settings["device"])()} if settings["device"] else {}
    order, parameters = settings["order"], []

    def tensor(array: "Any", **more: "Any") -> "Any":
        return ndl.Tensor(np.asarray(array, dtype=settings["dtype"]), **where, **more)

    tensors = [tensor(array) for array in arrays]
    if isinstance(function, str):
        out = getattr(ndl, function)(*tensors, **options)
        seed = tensor(weights(out.shape, 0), requires_grad=False)
        gradients = list(out.op.gradient_as_tuple(seed, out)) if order else []
    else:
        if settings["module"]:
            module = function(ndl, **options, **where)
            parameters = list(module.parameters())
            for index, parameter in enumerate(parameters):
                chosen = weights(parameter.shape, index + 1) if given is None else given[index]
                parameter.cached_data = tensor(chosen).cached_data
            out = module(*tensors)
        else:
            out = function(ndl, *tensors, **options)
        if order:
            out.backward(tensor(weights(out.shape, 0), requires_grad=False))
        tensors += parameters
        gradients = [getattr(each, "grad", None) for each in tensors]
    value = out.numpy()
    for _ in range(1, order):
        out = None
        for index, gradient in enumerate(gradients):
            tensors[index].grad = None
            term = (gradient * tensor(weights(gradient.shape, index), requires_grad=False)).sum()
            out = term if out is None else out + term
        out.backward()
        gradients = [each.grad for each in tensors]
    return {
        "value": value,
        "gradients": [None if gradient is None else gradient.numpy() for gradient in gradients],
        "parameters": [parameter.numpy() for parameter in parameters],
    }


@on_student_side
def _student_gradients(
    run: "Any", function: "Any", weights: "Any", cases: "Any", settings: "Any"
) -> "Any":
    import needle as ndl

    return [run(ndl, function, weights, case, settings) for case in cases]


def _on_student_side(
    function: str | Callable[..., Any], cases: Sequence[Case], settings: Settings
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _student_gradients(
        _gradients, function, _weights, list(cases), dataclasses.asdict(settings)
    )
    return found


def _expected_gradients(
    function: str | Callable[..., Any], case: Case, settings: Settings
) -> dict[str, Any]:
    """Return what the reference computes; without one, at home, differences of own values."""
    try:
        trusted = reference()
    except LookupError:
        if student_side_runner is not None:
            raise
        return {"gradients": _differences(function, case, settings)}
    arrays, options, _ = case
    precise = dataclasses.replace(settings, dtype="float64", device=settings.device and "cpu")
    result: dict[str, Any] = _gradients(
        trusted, function, _weights, (arrays, options, None), dataclasses.asdict(precise)
    )
    return result


def _differences(function: str | Callable[..., Any], case: Case, settings: Settings) -> list[Array]:
    """Return central differences of the values, or of the gradients one order lower."""
    arrays, options, parameters = case
    inputs = [np.array(array, dtype=np.float64) for array in (*arrays, *(parameters or ()))]
    lower_order = dataclasses.replace(settings, order=settings.order - 1)
    eps = _STEPS[settings.dtype]

    def weighted() -> float:
        changed: Case = (inputs[: len(arrays)], options, inputs[len(arrays) :])
        (lower,) = _on_student_side(function, [changed], lower_order)
        outputs = lower["gradients"] if settings.order > 1 else [lower["value"]]
        return float(sum((_weights(o.shape, i) * o).sum() for i, o in enumerate(outputs)))

    gradients = []
    for array in inputs:
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
