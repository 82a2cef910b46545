"""Unmodified pytest files give the same verdicts through the proxy as in one process."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import proxy_harness

CASES = Path(__file__).parent / "proxy_cases"
REFERENCE = Path(__file__).parent.parent / "reference_solution"

MINI = ("ops", "nn", "data", "nd", "errors")
MINI_EXPORTS: dict[str, dict[str, str | None]] = {
    "mini_ml": {
        "sys": "sys",
        "np": "numpy",
        "mdl": "minidl",
        "nn": "minidl.nn",
        "softmax_loss": None,
        "sgd_epoch": None,
        "epoch": None,
        "show": None,
    }
}
HW1_EXPORTS: dict[str, dict[str, str | None]] = {
    "simple_ml": {
        "np": "numpy",
        "ndl": "needle",
        "parse_mnist": None,
        "softmax_loss": None,
        "nn_epoch": None,
        "loss_err": None,
    }
}

#: file, text, and what stands there instead in a wrong solution
Change = tuple[str, str, str]

WRONG_MINI: dict[str, list[Change]] = {
    "unimplemented": [
        ("autograd.py", "        return numpy.exp(a)", "        raise NotImplementedError()")
    ],
    "wrong_gradient": [
        ("autograd.py", "return out_grad * b, out_grad * a", "return out_grad * a, out_grad * b")
    ],
    "none_returned": [("autograd.py", "    return order", "    order.reverse()")],
    "import_fails": [("data.py", "import gzip", "import gzip_that_is_not_there as gzip")],
    "syntax_error": [("optim.py", "class SGD:", "class SGD")],
    "lists_for_arrays": [
        ("autograd.py", "return numpy.array(self.realize_cached_data())", "return self.shape")
    ],
    "equal_to_everything": [
        (
            "autograd.py",
            "    def __neg__",
            "    __hash__ = Value.__hash__\n"
            "    def __eq__(self, other):\n        return True\n\n    def __neg__",
        )
    ],
    "leak": [
        (
            "optim.py",
            "self.u[p] = u.detach()",
            "self.u[p] = u; self.__class__.kept = getattr(self, 'kept', []) + [u]",
        )
    ],
    "no_draws": [("nn.py", "np.random.rand(*x.shape) <= 1 - self.p", "np.full(x.shape, True)")],
    "loader_ends_late": [("data.py", "raise StopIteration", "return None")],
}


#: the files that show each of them
AFFECTED: dict[str, tuple[str, ...]] = {
    "unimplemented": ("ops",),
    "wrong_gradient": ("ops",),
    "none_returned": ("ops",),
    "import_fails": MINI,
    "syntax_error": ("nn", "errors"),
    "lists_for_arrays": ("ops", "data"),
    "equal_to_everything": ("ops", "data"),
    "leak": ("nn",),
    "no_draws": ("nn",),
    "loader_ends_late": ("data", "nn"),
}


def both(
    tmp_path: Path,
    files: Sequence[Path],
    path: Sequence[Path],
    modules: Sequence[str],
    exports: dict[str, dict[str, str | None]],
) -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
    """Return the verdicts of both ways of running."""
    inside, remote = (
        proxy_harness.verdicts(
            files, tmp_path, proxy=proxy, path=path, modules=modules, exports=exports
        )
        for proxy in (False, True)
    )
    return inside, remote


def mini(tmp_path: Path, changes: Sequence[Change] = ()) -> list[Path]:
    """Lay out the small library with `changes` and return its import path."""
    for folder in ("package", "apps"):
        shutil.copytree(CASES / folder, tmp_path / folder)
    for name, old, new in changes:
        file = tmp_path / "package" / "minidl" / name
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))
    return [tmp_path / "package", tmp_path / "apps"]


def test_right_library(tmp_path: Path) -> None:
    files = [CASES / "mini" / f"{name}.py" for name in MINI]
    inside, remote = both(tmp_path, files, mini(tmp_path), ["minidl", "mini_ml"], MINI_EXPORTS)
    assert remote == inside
    outcomes = [outcome for outcome, _ in inside.values()]
    assert outcomes.count("passed") > 85
    assert outcomes.count("failed") == 8


@pytest.mark.parametrize("name", WRONG_MINI)
def test_wrong_library(name: str, tmp_path: Path) -> None:
    files = [CASES / "mini" / f"{case}.py" for case in AFFECTED[name]]
    path = mini(tmp_path, WRONG_MINI[name])
    inside, remote = both(tmp_path, files, path, ["minidl", "mini_ml"], MINI_EXPORTS)
    right = {key: value[0] for key, value in inside.items()}
    assert {key: value[0] for key, value in remote.items()} == right


def test_reference_of_homework_1(tmp_path: Path) -> None:
    path = [REFERENCE / "python", REFERENCE / "apps"]
    files = [CASES / "hw1" / "course_style.py"]
    inside, remote = both(tmp_path, files, path, ["needle", "simple_ml"], HW1_EXPORTS)
    assert remote == inside
    assert [key for key, (outcome, _) in inside.items() if outcome != "passed"] == [
        "test_course_style.py::test_broken_expectation"
    ]
