"""Ways to import what students wrote, and ways to find things in it."""

import importlib
import os
import sys
from pathlib import Path

sys.path.insert(0, "python")
sys.path.insert(0, os.path.join(os.getcwd(), "apps"))
sys.path.append(str(Path(".") / "python"))

import needle.autograd as ag
import needle.init as init
import needle.ops
import simple_ml
from needle import autograd, backend_numpy, ops
from needle.autograd import (
    Tensor,
    TensorOp,
    compute_gradient_of_variables,
    find_topo_sort,
)
from needle.backend_numpy import Device, all_devices, cpu
from needle.init import *
from simple_ml import *
from simple_ml import loss_err as loss_and_error

import needle as ndl


def test_modules_are_one():
    assert needle is ndl
    assert ag is autograd and ag is ndl.autograd
    assert needle.ops is ops
    assert importlib.import_module("needle") is ndl
    assert sys.modules["needle"] is ndl
    assert importlib.import_module("needle.autograd").Tensor is Tensor
    assert needle.__name__ == "needle"
    assert ndl.autograd.__name__ == "needle.autograd"


def test_import_inside():
    import needle as inner
    from needle import relu
    from simple_ml import softmax_loss as loss

    assert inner.relu is relu
    assert loss is simple_ml.softmax_loss


def test_star_names():
    assert callable(softmax_loss) and callable(nn_epoch) and callable(parse_mnist)
    assert np.array([1]).sum() == 1
    assert ndl.Tensor([1.0]).shape == (1,)
    assert rand(2, 2).shape == (2, 2)


def test_classes_are_one():
    assert ndl.Tensor is Tensor
    assert ag.Tensor is Tensor
    assert issubclass(Tensor, ag.Value)
    assert isinstance(cpu(), Device)
    assert all_devices()[0] == cpu()
    assert backend_numpy.cpu() == ndl.cpu()


def test_compute_gradient_of_variables():
    x = Tensor([3.0])
    y = x * x
    compute_gradient_of_variables(y, Tensor([1.0]))
    assert x.grad.numpy()[0] == 6.0
    assert find_topo_sort([y])[-1] is y


def test_sum_node_list():
    total = ag.sum_node_list([Tensor([1.0]), Tensor([2.0])])
    assert total.numpy()[0] == 3.0


def test_loss_err():
    h = Tensor([[0.0, 1.0], [2.0, 0.0]])
    loss, error = loss_and_error(h, np.array([1, 1]))
    assert 0 < loss < 3
    assert error == 0.5
    assert isinstance(error, float)


def test_dir_and_vars():
    names = dir(ndl)
    assert {"Tensor", "relu", "exp", "cpu"} <= set(names)
    assert "softmax_loss" in dir(simple_ml)
    assert hasattr(ndl.Tensor, "backward")
    for name in ("add", "multiply", "divide", "power", "matmul", "summation"):
        assert hasattr(ndl, name), name


def test_ops_by_name():
    for name in ("EWiseAdd", "EWiseMul", "MatMul", "Negate", "Log", "Exp", "ReLU"):
        kind = getattr(ops, name)
        assert issubclass(kind, TensorOp)
        assert kind.__name__ == name
        assert isinstance(kind(), kind)


def test_zeros():
    assert zeros(3).numpy().tolist() == [0, 0, 0]
    assert init.zeros_like(ones(2)).shape == (2,)
