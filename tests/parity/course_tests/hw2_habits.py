"""A homework-2 file by somebody else: other aliases, helpers, fixtures and ways to look inside."""

import gc
import os
import sys
from collections import OrderedDict

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))
sys.path.append("./python")
sys.path.append("./apps")

import mugrade
import needle as ndl
import numpy as np
import pytest
from mlp_resnet import *
from needle import Tensor, init, nn, ops, optim
from needle.nn import Module, Parameter
from needle.ops import *
from needle.ops.ops_logarithmic import LogSumExp


class TwoLayers(Module):
    def __init__(self, n, m):
        super().__init__()
        self.first = nn.Linear(n, m)
        self.more = {"act": nn.ReLU(), "list": [nn.Linear(m, m), nn.Dropout(0.1)]}
        self.scale = Parameter(init.ones(1, m))

    def forward(self, x):
        h = self.more["act"](self.first(x))
        for layer in self.more["list"]:
            h = layer(h)
        return h * ops.broadcast_to(self.scale, h.shape)


@pytest.fixture(scope="module")
def batch():
    np.random.seed(7)
    return Tensor(np.random.rand(6, 4).astype(np.float32))


@pytest.fixture(autouse=True)
def seeded():
    np.random.seed(0)
    yield
    gc.collect()


CONFIGS = OrderedDict(sgd=(optim.SGD, dict(momentum=0.9)), adam=(optim.Adam, {"beta1": 0.8}))


@pytest.mark.parametrize("name", list(CONFIGS), ids=list(CONFIGS))
@pytest.mark.parametrize("wd", (0.0, 0.01), ids=("plain", "decay"))
def test_steps(name, wd, batch):
    cls, kwargs = CONFIGS[name]
    model = TwoLayers(4, 5)
    opt = cls(model.parameters(), lr=0.01, weight_decay=wd, **kwargs)
    assert isinstance(opt, ndl.optim.Optimizer)
    before = [p.numpy().copy() for p in model.parameters()]
    for _ in range(3):
        opt.reset_grad()
        loss = nn.SoftmaxLoss()(model(batch), Tensor([0, 1, 2, 3, 4, 0]))
        loss.backward()
        opt.step()
    after = [p.numpy() for p in model.parameters()]
    assert len(before) == len(after) == 5
    assert all(not np.array_equal(a, b) for a, b in zip(before, after))
    assert all(a.dtype == np.float32 for a in after)


def test_modes_reach_everything(batch):
    model = TwoLayers(4, 5)
    model.eval()
    assert not model.more["list"][1].training
    np.testing.assert_allclose(model(batch).numpy(), model(batch).numpy())
    model.train()
    assert model.more["list"][1].training is True


def test_logsumexp_op():
    x = Tensor(np.random.randn(3, 4, 5) * 1000)
    y = LogSumExp(axes=(0, 2))(x)
    assert y.shape == (4,) and y.op.axes == (0, 2)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy().sum(axis=(0, 2)), np.ones(4), rtol=1e-6)


def test_counter():
    before = ndl.autograd.TENSOR_COUNTER
    x = init.rand(3, requires_grad=True)
    assert ndl.autograd.TENSOR_COUNTER > before
    del x
    gc.collect()
    assert ndl.autograd.TENSOR_COUNTER == before


def test_running_statistics_are_tensors():
    bn = nn.BatchNorm1d(3)
    bn(Tensor(np.random.randn(8, 3), dtype="float32"))
    assert bn.running_mean.cached_data.shape == (3,)
    assert bn.running_mean.requires_grad is False
    assert len(bn.parameters()) == 2


def test_blocks():
    block = ResidualBlock(15, 2, norm=nn.LayerNorm1d, drop_prob=0.0)
    assert sum(p.shape[0] * (p.shape[1] if len(p.shape) > 1 else 1) for p in block.parameters()) > 0
    assert MLPResNet(12, hidden_dim=8, num_blocks=1)(init.ones(2, 12)).shape == (2, 10)


@pytest.mark.parametrize("shuffle", [False, True])
def test_batches(shuffle):
    data = ndl.data.NDArrayDataset(np.arange(10, dtype=np.float32))
    loader = ndl.data.DataLoader(dataset=data, batch_size=3, shuffle=shuffle)
    got = np.concatenate([b[0].numpy().reshape(-1) for b in loader])
    assert sorted(got.tolist()) == list(range(10))
    assert shuffle != (got.tolist() == list(range(10)))
    assert len(list(loader)) == len(loader.ordering) == 4


def submit_habits():
    mugrade.submit(nn.Linear(2, 2)(init.ones(1, 2)).numpy())
