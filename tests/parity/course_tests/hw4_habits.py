"""A homework-4 file by somebody else: other aliases, helpers, fixtures and ways to look inside."""

import gc
import itertools
import os
import sys
from functools import partial

sys.path.append("./python")
sys.path.insert(0, "./apps")

import mugrade
import needle
import needle as ndl
import needle.init as init
import needle.nn as nn
import numpy
import numpy as np
import pytest
from apps.models import LanguageModel, ResNet9
from needle import backend_ndarray as nd
from needle.autograd import Op, Tensor, Value
from needle.backend_ndarray.ndarray import NDArray, prod
from needle.ops import *
from needle.ops import Dilate, Flip, Split, Stack, Tanh, UnDilate
from numpy.testing import assert_allclose, assert_array_equal

np.random.seed(0)
DEVICES = [d for d in (ndl.cpu(), ndl.cuda()) if d.enabled()]
_DEVICES = [
    nd.cpu(),
    pytest.param(nd.cuda(), marks=pytest.mark.skipif(not nd.cuda().enabled(), reason="No GPU")),
]
rtol = partial(assert_allclose, rtol=1e-4, atol=1e-5)


class Case:
    def __init__(self, shape, axes):
        self.shape = shape
        self.axes = axes

    def __repr__(self):
        return f"{self.shape}-{self.axes}"


CASES = [Case((2, 3), (0,)), Case((4, 1, 5), (0, 2)), Case((3, 3, 3), (1, 2))]


@pytest.fixture(params=DEVICES, ids=str)
def device(request):
    return request.param


@pytest.fixture
def rng():
    np.random.seed(42)
    yield np.random
    np.random.seed(0)


def nd_tensor(*shape, device=None, requires_grad=True):
    return ndl.Tensor(nd.array(np.random.randn(*shape), device=device), requires_grad=requires_grad)


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_flip_by_class(case, device):
    x = np.random.randn(*case.shape).astype("float32")
    y = Flip(case.axes)(ndl.Tensor(x, device=device))
    assert_array_equal(y.numpy(), np.flip(x, case.axes))
    assert isinstance(y.op, Flip)
    assert y.op.axes == case.axes


@pytest.mark.parametrize("case", CASES, ids=lambda case: "x".join(map(str, case.shape)))
@pytest.mark.parametrize("d", [0, 1, 2])
def test_dilate_and_back(case, d, device):
    x = ndl.Tensor(np.random.randn(*case.shape), device=device)
    y = dilate(x, axes=case.axes, dilation=d)
    assert y.shape == tuple(n * (d + 1 if i in case.axes else 1) for i, n in enumerate(case.shape))
    assert_array_equal(undilate(y, axes=case.axes, dilation=d).numpy(), x.numpy())


def test_names_of_operators():
    from needle.ops.ops_mathematic import Conv as ConvOp

    for cls in (Tanh, Stack, Split, Flip, Dilate, UnDilate, ConvOp):
        assert issubclass(cls, Op)
        assert getattr(ndl.ops, cls.__name__) is cls
    assert ndl.ops.Conv is not nn.Conv


@pytest.mark.parametrize("shape", [(1,), (2, 3), (1, 2, 3, 4)])
@pytest.mark.parametrize("dev", _DEVICES)
def test_compact_and_handle(shape, dev):
    a = nd.array(np.arange(prod(shape)).reshape(shape), device=dev)
    assert a.is_compact()
    assert a.compact() is a or a.compact()._handle.ptr() == a._handle.ptr()
    b = a.permute(tuple(reversed(range(len(shape)))))
    assert b._handle.ptr() == a._handle.ptr()
    assert b.compact().is_compact()
    assert_array_equal(b.compact().numpy(), a.numpy().T)


def test_make_const_and_detach(device):
    x = ndl.init.rand(3, 4, device=device, requires_grad=True)
    y = ndl.autograd.Tensor.make_const(x.realize_cached_data())
    assert not y.requires_grad and y.is_leaf() and y.op is None
    assert isinstance(x.cached_data, NDArray)
    assert x.detach().requires_grad is False
    assert (x * 2).inputs[0] is x
    assert isinstance(x * 2, Value)


def test_tensors_are_collected(device):
    gc.collect()
    before = ndl.autograd.TENSOR_COUNTER
    x = init.randn(5, 5, device=device, requires_grad=True)
    for _ in range(10):
        (ndl.exp(x) @ x).sum().backward()
    del x
    gc.collect()
    assert ndl.autograd.TENSOR_COUNTER <= before + 2


def test_parameters_and_modes(device):
    model = nn.Sequential(
        nn.Linear(8, 16, device=device),
        nn.BatchNorm1d(16, device=device),
        nn.ReLU(),
        nn.Residual(nn.Sequential(nn.Linear(16, 16, device=device), nn.Dropout(0.5))),
        nn.Linear(16, 3, device=device),
    )
    params = list(model.parameters())
    assert sum(np.prod(p.shape) for p in params) == 8 * 16 + 16 + 32 + 16 * 16 + 16 + 16 * 3 + 3
    assert all(isinstance(p, nn.Parameter) for p in params)
    model.eval()
    x = init.rand(4, 8, device=device)
    rtol(model(x).numpy(), model(x).numpy())
    assert not model.training
    model.train()
    assert model.training
    assert not np.array_equal(model(x).numpy(), model(x).numpy())


def test_loader_by_hand(tmp_path):
    X = np.arange(24, dtype=np.float32).reshape(12, 2)
    y = np.arange(12)
    loader = ndl.data.DataLoader(ndl.data.NDArrayDataset(X, y), batch_size=5, shuffle=False)
    it = iter(loader)
    first = next(it)
    assert_array_equal(first[0].numpy(), X[:5])
    assert [len(b[0].numpy()) for b in loader] == [5, 5, 2]
    for (a, b), i in zip(loader, itertools.count()):
        assert_array_equal(b.numpy(), y[5 * i : 5 * i + 5])
    assert os.path.isdir(tmp_path)
    with pytest.raises(StopIteration):
        it = iter(loader)
        while True:
            next(it)


def test_train_a_little(device, rng):
    model = nn.Linear(4, 2, device=device)
    opt = ndl.optim.Adam(model.parameters(), lr=0.05)
    X = ndl.Tensor(rng.randn(32, 4), device=device)
    y = ndl.Tensor((X.numpy().sum(axis=1) > 0).astype(int), device=device)
    losses = []
    for _ in range(20):
        opt.reset_grad()
        loss = nn.SoftmaxLoss()(model(X), y)
        loss.backward()
        opt.step()
        losses.append(loss.numpy().item())
    assert losses[-1] < losses[0]
    assert all(numpy.isfinite(losses))


@pytest.mark.parametrize("b,e,h,layers", [(1, 2, 3, 1), (3, 5, 4, 2)])
@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_language_model(b, e, h, layers, kind, device):
    model = LanguageModel(e, 7, h, layers, kind, device=device)
    out, state = model(ndl.Tensor(np.random.randint(7, size=(6, b)), device=device))
    assert out.shape == (6 * b, 7)
    assert (state[0] if kind == "lstm" else state).shape == (layers, b, h)
    out.sum().backward()
    for p in model.parameters():
        assert p.grad is not None and p.grad.shape == p.shape


def test_resnet_runs():
    model = ResNet9(device=ndl.cpu(), dtype="float32")
    model.eval()
    out = model(ndl.init.rand(2, 3, 32, 32, device=ndl.cpu()))
    assert out.shape == (2, 10)
    assert str(out.device) == "cpu()"
    assert out.dtype == "float32"


def test_against_torch(device):
    import torch
    import torch.nn.functional as F

    x, w = np.random.randn(2, 6, 6, 3), np.random.randn(3, 3, 3, 4)
    out = ndl.conv(ndl.Tensor(x, device=device), ndl.Tensor(w, device=device), padding=1, stride=2)
    theirs = F.conv2d(
        torch.tensor(x.transpose(0, 3, 1, 2)),
        torch.tensor(w.transpose(3, 2, 0, 1)),
        stride=2,
        padding=1,
    )
    assert np.linalg.norm(out.numpy() - theirs.numpy().transpose(0, 2, 3, 1)) < 1e-3


def Prepare(A):
    return (A.numpy().flatten()[:128], A.shape)


def submit_habits():
    mugrade.submit(Prepare(ndl.Tensor(np.ones((2, 2)))))
    if ndl.cuda().enabled():
        mugrade.submit(Prepare(nd_tensor(2, 2, device=ndl.cuda())))
