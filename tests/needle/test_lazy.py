"""Lazy mode: nothing is computed until somebody asks, and then everything once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import needle as ndl
import numpy as np
import pytest
from needle.autograd import Tensor

pytestmark = pytest.mark.usefixtures("lazy_mode")


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> Counter[ndl.Op]:
    """How often each operator has computed."""
    counts: Counter[ndl.Op] = Counter()

    def counting(compute: Callable[..., Any]) -> Callable[..., Any]:
        def counted(self: ndl.Op, *arrays: Any) -> Any:
            counts[self] += 1
            return compute(self, *arrays)

        return counted

    for op in (ndl.EWiseAdd, ndl.EWiseMul, ndl.MulScalar, ndl.Exp, ndl.Summation):
        monkeypatch.setattr(op, "compute", counting(op.compute))
    return counts


@pytest.mark.parametrize(
    "ask",
    [
        lambda x: x.realize_cached_data(),
        lambda x: x.shape,
        lambda x: x.dtype,
        lambda x: x.device,
        lambda x: x.numpy(),
        lambda x: x.data,
        lambda x: x.detach(),
        str,
        repr,
    ],
    ids=lambda ask: getattr(ask, "__name__", None),
)
def test_nothing_is_computed_until_somebody_asks(
    ask: Callable[[Tensor], Any], computed: Counter[ndl.Op]
) -> None:
    x = Tensor([1.0, 2.0])
    y = ndl.exp(x * 2) + x
    assert y.cached_data is None
    assert not computed
    ask(y)
    assert y.cached_data is not None
    assert list(computed.values()) == [1, 1, 1]


def test_a_graph_is_evaluated_once(computed: Counter[ndl.Op]) -> None:
    y = Tensor([1.0])
    for _ in range(30):  # shared: 2 ** 30 paths lead to the leaf
        y = y + y
    assert y.numpy() == [2.0**30]
    assert y.numpy() == y.realize_cached_data()
    assert set(computed.values()) == {1}
    assert len(computed) == 30


def test_backward_builds_adjoints_without_computing_them(computed: Counter[ndl.Op]) -> None:
    x = Tensor([[1.0, 2.0]])
    y = (ndl.exp(x) * x).sum()
    y.backward()
    assert x.grad.cached_data is None
    np.testing.assert_allclose(x.grad.numpy(), np.exp([[1, 2]]) * [[2, 3]])
    assert set(computed.values()) == {1}


def test_values_that_need_no_gradient_let_the_graph_go_once_computed() -> None:
    x = Tensor([1.0], requires_grad=False)
    y = x * 2
    assert not y.is_leaf()
    y.numpy()
    assert y.is_leaf()


def test_what_was_computed_in_lazy_mode_stays_when_the_mode_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = Tensor([1.0])
    y = x * 2
    monkeypatch.setattr(ndl.autograd, "LAZY_MODE", False)
    z = y * 3
    assert z.cached_data == [6.0]
    assert y.cached_data == [2.0]


def test_an_error_comes_when_the_value_is_asked_for() -> None:
    y = Tensor([1.0, 2.0]).reshape((3,))
    with pytest.raises(ValueError, match="Reshape cannot take"):
        y.numpy()


def test_one_epoch_is_that_of_eager_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    from simple_ml import nn_epoch

    random = np.random.default_rng(0)
    x, y = random.standard_normal((20, 5)), random.integers(3, size=20)
    weights = random.standard_normal((5, 4)), random.standard_normal((4, 3))

    def epoch() -> list[np.ndarray]:
        return [w.numpy() for w in nn_epoch(x, y, *map(Tensor, weights), lr=0.5, batch=6)]

    lazy = epoch()
    monkeypatch.setattr(ndl.autograd, "LAZY_MODE", False)
    for actual, expected in zip(lazy, epoch(), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-12)
