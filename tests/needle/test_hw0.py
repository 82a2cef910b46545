"""Homework 0 against PyTorch, the function in C++ against the one in Python."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

import needle as ndl
import numpy as np
import pytest
import torch
from test_data import write_mnist

ROOT = Path(ndl.__file__).parents[2]


def load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hw0 = load("homework0", ROOT / "src" / "simple_ml.py")  # apps/ has a simple_ml, too


@pytest.fixture(scope="module")
def extension(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    target = tmp_path_factory.mktemp("hw0") / f"simple_ml_ext{suffix}"
    command = [sys.executable, "-m", "grader.native.build", "--root", str(ROOT), "--stdout"]
    built = subprocess.run(
        [*command, "src/simple_ml_ext.cpp=src/simple_ml_ext"], capture_output=True, timeout=120
    )
    assert (built.returncode, built.stderr.decode()) == (0, "")
    target.write_bytes(built.stdout)
    return load("simple_ml_ext", target)


def data(count: int, inputs: int = 6, classes: int = 4, dtype: str = "float64") -> Any:
    random = np.random.default_rng(count)
    labels = random.integers(0, classes, count).astype(np.uint8)
    return random.standard_normal((count, inputs)).astype(dtype), labels


def test_add_keeps_types() -> None:
    assert hw0.add(2.0, 3) == 5.0
    assert type(hw0.add(2.0, 3.0)) is float
    assert hw0.add(np.ones(2, np.float32), np.ones(2, np.float32)).dtype == np.float32


def test_parse_mnist(tmp_path: Path) -> None:
    images, labels = write_mnist(tmp_path, 30)
    names = (str(tmp_path / f"train-{n}-ubyte.gz") for n in ("images-idx3", "labels-idx1"))
    X, y = hw0.parse_mnist(*names)  # noqa: N806
    assert (X.dtype, y.dtype) == (np.float32, np.uint8)
    np.testing.assert_array_equal(X, images.reshape(30, 784).astype(np.float32) / 255)
    np.testing.assert_array_equal(y, labels)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softmax_loss(dtype: str) -> None:
    logits, labels = data(50, dtype=dtype)
    labels %= 6
    loss = hw0.softmax_loss(logits, labels)
    expected = torch.nn.functional.cross_entropy(
        torch.tensor(logits), torch.tensor(labels, dtype=torch.long)
    )
    np.testing.assert_allclose(loss, expected.numpy(), rtol=1e-5 if dtype == "float32" else 1e-12)
    assert loss.dtype == dtype


def torch_epoch(X: Any, y: Any, weights: list[Any], lr: float, batch: int) -> list[Any]:  # noqa: N803
    """The same by automatic differentiation."""
    parameters = [torch.tensor(w, requires_grad=True) for w in weights]
    optimizer = torch.optim.SGD(parameters, lr=lr)
    for start in range(0, len(X), batch):
        out = torch.tensor(X[start : start + batch]) @ parameters[0]
        for weight in parameters[1:]:
            out = torch.relu(out) @ weight
        labels = torch.tensor(y[start : start + batch], dtype=torch.long)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(out, labels).backward()
        optimizer.step()
    return [p.detach().numpy() for p in parameters]


SIZES = pytest.mark.parametrize(("count", "batch"), [(12, 4), (10, 4), (3, 5), (5, 1)])


@SIZES
def test_softmax_regression_epoch(count: int, batch: int) -> None:
    X, y = data(count)  # noqa: N806
    theta = np.random.default_rng(1).standard_normal((6, 4))
    (expected,) = torch_epoch(X, y, [theta], lr=0.3, batch=batch)
    assert hw0.softmax_regression_epoch(X, y, theta, lr=0.3, batch=batch) is None
    np.testing.assert_allclose(theta, expected, rtol=1e-9)


@SIZES
def test_nn_epoch(count: int, batch: int) -> None:
    X, y = data(count)  # noqa: N806
    random = np.random.default_rng(1)
    weights = [random.standard_normal((6, 5)), random.standard_normal((5, 4))]
    expected = torch_epoch(X, y, weights, lr=0.3, batch=batch)
    assert hw0.nn_epoch(X, y, *weights, lr=0.3, batch=batch) is None
    for actual, array in zip(weights, expected, strict=True):
        np.testing.assert_allclose(actual, array, rtol=1e-9)


def test_float32_weights_stay_where_they_are() -> None:
    X, y = data(10, dtype="float32")  # noqa: N806
    theta = np.zeros((6, 4), dtype=np.float32)
    hw0.softmax_regression_epoch(X, y, theta)
    assert theta.dtype == np.float32
    assert theta.any()


@SIZES
def test_epoch_in_cpp(extension: ModuleType, count: int, batch: int) -> None:
    X, y = data(count, dtype="float32")  # noqa: N806
    theta = np.random.default_rng(1).standard_normal((6, 4)).astype(np.float32)
    expected = theta.copy()
    hw0.softmax_regression_epoch(X, y, expected, lr=0.3, batch=batch)
    extension.softmax_regression_epoch_cpp(X, y, theta, lr=0.3, batch=batch)
    np.testing.assert_allclose(theta, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("theta", [np.zeros((6, 4)), np.zeros((4, 6), np.float32).T])
def test_cpp_refuses_weights_that_it_would_have_to_copy(
    extension: ModuleType, theta: np.ndarray
) -> None:
    X, y = data(5, dtype="float32")  # noqa: N806
    with pytest.raises(TypeError):
        extension.softmax_regression_epoch_cpp(X, y, theta, lr=0.3, batch=2)


def test_training_prints_a_table(
    extension: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = data(60, dtype="float32")  # noqa: N806
    cpp = extension.softmax_regression_epoch_cpp
    monkeypatch.setattr(hw0, "softmax_regression_epoch_cpp", cpp, raising=False)
    tables = []
    for train in (
        lambda: hw0.train_softmax(X, y, X, y, epochs=3),
        lambda: hw0.train_softmax(X, y, X, y, epochs=3, cpp=True),
        lambda: hw0.train_nn(X, y, X, y, hidden_dim=8, epochs=3),
    ):
        train()
        tables.append(capsys.readouterr().out.splitlines())
    heading = "| Epoch | Train Loss | Train Err | Test Loss | Test Err |"
    assert [table[0] for table in tables] == [heading] * 3
    assert [len(table) for table in tables] == [4] * 3
    in_python, in_cpp = (
        np.array([row.split("|")[2:-1] for row in t[1:]], float) for t in tables[:2]
    )
    np.testing.assert_allclose(in_python, in_cpp, atol=2e-5)
