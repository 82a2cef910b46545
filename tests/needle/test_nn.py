"""Each module against PyTorch's: outputs, gradients, training, evaluation; then what is ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import needle as ndl
import needle.nn as nn
import numpy as np
import pytest
import torch
from modes import DTYPE, ND, close, draws, tensor
from torch_modules import Residual, compare_gradients, copy_weights


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    ours: Callable[..., nn.Module]
    theirs: Callable[[], torch.nn.Module]
    shapes: list[tuple[int, ...]] = field(default_factory=lambda: [(6, 5)])


IMAGES = (3, 2, 6, 6)


def conv(kernel: int, stride: int, bias: bool) -> Case:
    return Case(
        name=f"conv {kernel} stride {stride} {'bias' if bias else 'no bias'}",
        ours=lambda **where: nn.Conv(2, 4, kernel, stride=stride, bias=bias, **where),
        theirs=lambda: torch.nn.Conv2d(2, 4, kernel, stride, padding=kernel // 2, bias=bias),
        shapes=[IMAGES, (2, 2, 7, 5), (1, 2, 8, 8)],
    )


CASES = [
    Case(
        name="linear",
        ours=lambda **where: nn.Linear(5, 3, **where),
        theirs=lambda: torch.nn.Linear(5, 3),
        shapes=[(6, 5), (1, 5), (2, 3, 5), (2, 3, 2, 5)],
    ),
    Case(
        name="linear without bias",
        ours=lambda **where: nn.Linear(5, 3, bias=False, **where),
        theirs=lambda: torch.nn.Linear(5, 3, bias=False),
        shapes=[(6, 5), (2, 3, 5)],
    ),
    Case(
        name="flatten",
        ours=lambda **where: nn.Flatten(),
        theirs=torch.nn.Flatten,
        shapes=[(6, 5), (3, 2, 4), IMAGES],
    ),
    Case(
        name="relu",
        ours=lambda **where: nn.ReLU(),
        theirs=torch.nn.ReLU,
        shapes=[(6, 5), IMAGES],
    ),
    Case(name="identity", ours=lambda **where: nn.Identity(), theirs=torch.nn.Identity),
    Case(
        name="batch norm",
        ours=lambda **where: nn.BatchNorm1d(5, **where),
        theirs=lambda: torch.nn.BatchNorm1d(5),
        shapes=[(6, 5), (2, 5)],
    ),
    Case(
        name="batch norm with settings",
        ours=lambda **where: nn.BatchNorm1d(5, eps=0.1, momentum=0.7, **where),
        theirs=lambda: torch.nn.BatchNorm1d(5, eps=0.1, momentum=0.7),
    ),
    Case(
        name="batch norm of images",
        ours=lambda **where: nn.BatchNorm2d(2, eps=1e-3, momentum=0.2, **where),
        theirs=lambda: torch.nn.BatchNorm2d(2, eps=1e-3, momentum=0.2),
        shapes=[IMAGES, (2, 2, 1, 3)],
    ),
    Case(
        name="layer norm",
        ours=lambda **where: nn.LayerNorm1d(5, **where),
        theirs=lambda: torch.nn.LayerNorm(5),
        shapes=[(6, 5), (2, 3, 5), (2, 3, 2, 5)],
    ),
    Case(
        name="layer norm with settings",
        ours=lambda **where: nn.LayerNorm1d(5, eps=0.1, **where),
        theirs=lambda: torch.nn.LayerNorm(5, eps=0.1),
    ),
    Case(
        name="sequential",
        ours=lambda **where: nn.Sequential(
            nn.Linear(5, 4, **where), nn.ReLU(), nn.Linear(4, 3, **where)
        ),
        theirs=lambda: torch.nn.Sequential(
            torch.nn.Linear(5, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3)
        ),
    ),
    Case(
        name="residual",
        ours=lambda **where: nn.Residual(
            nn.Sequential(nn.Linear(5, 5, **where), nn.BatchNorm1d(5, **where))
        ),
        theirs=lambda: Residual(
            torch.nn.Sequential(torch.nn.Linear(5, 5), torch.nn.BatchNorm1d(5))
        ),
    ),
    Case(
        name="dropout of nothing", ours=lambda **where: nn.Dropout(0.0), theirs=torch.nn.Identity
    ),
    Case(
        name="sigmoid",
        ours=lambda **where: nn.Sigmoid(),
        theirs=torch.nn.Sigmoid,
        shapes=[(6, 5), (3, 2, 4)],
    ),
    *(conv(*settings) for settings in ((3, 1, True), (3, 2, True), (1, 1, False), (5, 3, False))),
    Case(
        name="convolutions",
        ours=lambda **where: nn.Sequential(
            nn.Conv(2, 4, 3, **where), nn.BatchNorm2d(4, **where), nn.ReLU(),
            nn.Conv(4, 3, 3, stride=2, **where), nn.Flatten(),
        ),
        theirs=lambda: torch.nn.Sequential(
            torch.nn.Conv2d(2, 4, 3, padding=1), torch.nn.BatchNorm2d(4), torch.nn.ReLU(),
            torch.nn.Conv2d(4, 3, 3, stride=2, padding=1), torch.nn.Flatten(),
        ),
        shapes=[IMAGES],
    ),
]  # fmt: skip
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def bias_variances(before: dict[Any, torch.Tensor], count: int) -> None:
    """PyTorch averages unbiased variances of batches; make it the biased ones, as ours are."""
    for part, variance in before.items():
        newest = part.running_var - (1 - part.momentum) * variance
        part.running_var -= newest / count


def running_variances(module: torch.nn.Module) -> dict[Any, torch.Tensor]:
    norms = [part for part in module.modules() if hasattr(part, "running_var")]
    return {part: part.running_var.clone() for part in norms}


@each_case
def test_against_torch(case: Case) -> None:
    """Three steps of training, each with new inputs; then evaluation."""
    for shape in case.shapes:
        ours, theirs = case.ours(dtype=DTYPE), case.theirs().to(getattr(torch, DTYPE))
        found = copy_weights(ours, theirs)
        for step in range(3):
            array = draws(*shape, seed=step)
            x, x_torch = tensor(array), torch.tensor(array, requires_grad=True)
            variances = running_variances(theirs)
            y, y_torch = ours(x), theirs(x_torch)
            close(y.numpy(), y_torch.detach().numpy(), scale=5)
            weights = draws(*y.shape, seed=9)
            (y * tensor(weights)).sum().backward()
            for _, other, _ in found:
                other.grad = None
            (y_torch * torch.tensor(weights)).sum().backward()
            close(x.grad.numpy(), x_torch.grad.numpy(), scale=50)
            compare_gradients(found, scale=50)
            bias_variances(variances, count=array.size // array.shape[1])
            for parameter, other, _ in found:
                parameter.data = parameter.data - 0.01 * parameter.grad.data
                with torch.no_grad():
                    other -= 0.01 * other.grad
        ours.eval()
        theirs.eval()
        array = draws(*shape, seed=5)
        close(ours(tensor(array)).numpy(), theirs(torch.tensor(array)).detach().numpy(), scale=50)


@each_case
def test_float32_stays_float32(case: Case) -> None:
    module = case.ours(dtype="float32")
    x = ndl.Tensor(draws(*case.shapes[0]), dtype="float32")
    y = module(x)
    y.sum().backward()
    found = [y, x.grad, *(p.grad for p in module.parameters())]
    assert {np.dtype(value.dtype) for value in found} == {np.dtype("float32")}
    module.eval()
    assert module(x).dtype == "float32"


@pytest.mark.parametrize("label_dtype", ["uint8", "int64", "float32"])
def test_softmax_loss(label_dtype: str) -> None:
    logits, labels = 3 * draws(7, 4), np.array([0, 3, 1, 1, 2, 0, 3])
    x, x_torch = tensor(logits), torch.tensor(logits, requires_grad=True)
    y = ndl.Tensor(labels if ND else labels.astype(label_dtype), requires_grad=False)
    loss = nn.SoftmaxLoss()(x, y)
    expected = torch.nn.functional.cross_entropy(x_torch, torch.tensor(labels))
    assert loss.shape == ()
    close(loss.numpy(), expected.detach().numpy())
    loss.backward()
    expected.backward()
    close(x.grad.numpy(), x_torch.grad.numpy())


def test_second_gradient_of_softmax_loss() -> None:
    """The loss is one operator; its gradient can be differentiated all the same."""
    logits, labels = draws(3, 4), np.array([0, 3, 1])
    x, x_torch = tensor(logits), torch.tensor(logits, requires_grad=True)
    nn.SoftmaxLoss()(x, ndl.Tensor(labels, requires_grad=False)).backward(tensor(2.0))
    (x.grad * x.grad * tensor(draws(3, 4, seed=1))).sum().backward()
    loss = 2 * torch.nn.functional.cross_entropy(x_torch, torch.tensor(labels))
    (gradient,) = torch.autograd.grad(loss, x_torch, create_graph=True)
    (gradient * gradient * torch.tensor(draws(3, 4, seed=1))).sum().backward()
    close(x.grad.numpy(), x_torch.grad.numpy())


def test_softmax_loss_of_logits_beyond_exp() -> None:
    logits = ndl.Tensor([[1000.0, 0.0], [0.0, -1000.0]], dtype=DTYPE)
    loss = nn.SoftmaxLoss()(logits, ndl.Tensor([1, 0]))
    loss.backward()
    assert loss.numpy() == 500
    np.testing.assert_allclose(logits.grad.numpy(), [[0.5, -0.5], [0, 0]], atol=1e-6)


def test_sigmoid_beyond_exp() -> None:
    x = ndl.Tensor([-1000.0, 0.0, 1000.0], dtype=DTYPE)
    y = nn.Sigmoid()(x)
    y.backward()
    np.testing.assert_allclose(y.numpy(), [0, 0.5, 1])
    np.testing.assert_allclose(x.grad.numpy(), [0, 0.25, 0])


def replay(draw: Callable[[], Any]) -> Any:
    """What NumPy draws from the same start."""
    np.random.seed(11)
    return draw()


def test_linear_draws_weight_then_bias() -> None:
    layer = replay(lambda: nn.Linear(4, 3))
    assert isinstance(layer.weight, nn.Parameter)
    assert isinstance(layer.bias, nn.Parameter)
    assert (layer.weight.shape, layer.bias.shape) == ((4, 3), (1, 3))
    np.random.seed(11)
    weight = (2 * np.random.rand(4, 3) - 1) * np.sqrt(6 / 4)
    bias = (2 * np.random.rand(3, 1) - 1) * np.sqrt(6 / 3)
    np.testing.assert_allclose(layer.weight.numpy(), weight, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer.bias.numpy(), bias.T, rtol=1e-5, atol=1e-6)
    assert replay(lambda: nn.Linear(4, 3, bias=False)).bias is None


def test_linear_takes_a_bias_of_one_axis() -> None:
    layer = nn.Linear(4, 3, dtype=DTYPE)
    layer.bias.data = tensor([1.0, 2.0, 3.0])
    x = tensor(draws(2, 4))
    y = layer(x)
    y.sum().backward()
    close(y.numpy(), x.numpy() @ layer.weight.numpy() + [1, 2, 3])
    np.testing.assert_array_equal(layer.bias.grad.numpy(), [2, 2, 2])


def test_conv_draws_weight_then_bias() -> None:
    layer = replay(lambda: nn.Conv(2, 5, 3, stride=2))
    np.random.seed(11)
    weight = (2 * np.random.rand(3, 3, 2, 5) - 1) * np.sqrt(6 / 18)
    bias = (2 * np.random.rand(5) - 1) / np.sqrt(18)
    np.testing.assert_allclose(layer.weight.numpy(), weight, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer.bias.numpy(), bias, rtol=1e-5, atol=1e-6)
    pair = nn.Conv(2, 5, (3, 3), stride=(2, 2), bias=False)
    assert (pair.kernel_size, pair.stride, pair.bias) == (3, 2, None)


@pytest.mark.parametrize("shape", [(40, 50), (10, 20, 10)])
def test_dropout_keeps_where_the_draw_is_low(shape: tuple[int, ...]) -> None:
    layer, x = nn.Dropout(0.3), tensor(draws(*shape))
    y = replay(lambda: layer(x))
    np.random.seed(11)
    kept = np.random.rand(*shape) <= 0.7
    close(y.numpy(), x.numpy() * kept / 0.7)
    y.sum().backward()
    close(x.grad.numpy(), kept / 0.7)
    assert abs(kept.mean() - 0.7) < 0.05
    assert y.dtype == x.dtype
    layer.eval()
    before = np.random.get_state()[2]
    assert layer(x) is x
    assert np.random.get_state()[2] == before


def test_batch_norm_has_statistics_without_history() -> None:
    norm = nn.BatchNorm1d(3, dtype=DTYPE)
    x = tensor(draws(8, 3))
    for _ in range(2):
        norm(x)
    assert [len(norm.parameters()), norm.running_mean.shape] == [2, (3,)]
    for statistics in (norm.running_mean, norm.running_var):
        assert not isinstance(statistics, nn.Parameter)
        assert (statistics.requires_grad, statistics.op) == (False, None)
    close(norm.running_mean.numpy(), 0.19 * x.numpy().mean(axis=0))
    close(norm.running_var.numpy(), 0.81 + 0.19 * x.numpy().var(axis=0))
    before = norm.running_mean.numpy()
    norm.eval()
    norm(x)
    np.testing.assert_array_equal(norm.running_mean.numpy(), before)


class Nest(nn.Module):
    """Modules and parameters at all depths."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(2, 2)
        self.table = {"a": nn.Dropout(), "b": [nn.Linear(2, 1, bias=False), (nn.Dropout(),)]}
        self.number = 3
        self.plain = ndl.ones(2)
        self.last = nn.Parameter(ndl.ones(2))
        self.again = self.first


def test_parameters_in_the_order_of_attributes() -> None:
    nest = Nest()
    first, inner = nest.first, nest.table["b"][0]
    expected = [first.weight, first.bias, inner.weight, nest.last, first.weight, first.bias]
    assert nest.parameters() == expected


def test_training_reaches_all_modules() -> None:
    nest = Nest()
    parts = [nest, nest.first, nest.table["a"], *nest.table["b"][:1], nest.table["b"][1][0]]
    assert all(part.training for part in parts)
    nest.eval()
    assert not any(part.training for part in parts)
    nest.train()
    assert all(part.training for part in parts)


def test_a_module_defines_forward() -> None:
    with pytest.raises(NotImplementedError):
        nn.Module()(1)


def test_a_parameter_shares_the_data_of_its_tensor() -> None:
    source = ndl.ones(2)
    parameter = nn.Parameter(source)
    assert parameter.requires_grad
    assert parameter.realize_cached_data() is source.realize_cached_data()
