import gc
import sys

sys.path.append("./package")
sys.path.append("./apps")
import mugrade
import numpy as np
import pytest

import minidl as mdl
import minidl.nn as nn
from mini_ml import *

SHARED = mdl.Tensor(np.arange(6.0).reshape(2, 3))
np.random.seed(3)


def get_tensor(*shape, entropy=1):
    np.random.seed(np.prod(shape) * len(shape) * entropy)
    return mdl.Tensor(np.random.randint(0, 100, size=shape) / 20, dtype="float32")


def global_tensor_count():
    return np.array(mdl.autograd.TENSOR_COUNTER)


def linear_forward(lhs_shape, rhs):
    np.random.seed(199)
    f = nn.Linear(*lhs_shape)
    x = get_tensor(*rhs)
    return f(x).cached_data


def test_linear_weight_init():
    np.random.seed(1337)
    np.testing.assert_allclose(
        nn.Linear(2, 2).weight.numpy(), np.random.RandomState(1337).rand(2, 2) * 2 * 3**0.5 - 3**0.5, rtol=1e-5
    )


def test_linear_forward_kept():
    a, b = linear_forward((3, 2), (4, 3)), linear_forward((3, 2), (4, 3))
    np.testing.assert_allclose(a, b)
    assert a.shape == (4, 2)


def test_randn_twice_shares_the_stream():
    np.random.seed(5)
    a = mdl.init.randn(3, dtype="float64").numpy()
    b = np.random.randn(2)
    c = mdl.init.rand(2, dtype="float64").numpy()
    np.random.seed(5)
    np.testing.assert_array_equal(np.concatenate([a, b]), np.random.randn(5))
    np.testing.assert_array_equal(c, np.random.rand(2))


def test_student_seeds():
    np.random.seed(77)
    epoch(mdl.data.DataLoader(mdl.data.ArrayDataset(np.ones((4, 2), dtype="float32"), np.zeros(4)), 2), nn.Linear(2, 2))
    drawn = np.random.rand()
    np.random.seed(4)
    assert drawn == np.random.rand()


def test_module_tensor_is_there():
    assert SHARED.shape == (2, 3)
    assert SHARED.numpy()[1, 2] == 5
    SHARED.realize_cached_data()[0, 0] = 100
    assert SHARED.numpy()[0, 0] == 100


def test_parameters():
    model = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Residual(nn.Linear(8, 8)), nn.Linear(8, 2))
    params = model.parameters()
    assert len(params) == 3
    assert isinstance(params, list)
    assert np.sum(np.array([x.shape[0] * x.shape[1] for x in params])) == 40 + 64 + 16
    assert all(isinstance(p, nn.Parameter) for p in params)
    assert params[0] is model.modules[0].weight


def test_train_and_eval():
    model = nn.Sequential(nn.Dropout(0.5), nn.Sequential(nn.Dropout(0.2)))
    assert model.training
    model.eval()
    assert model.modules[1].modules[0].training is False
    x = get_tensor(3, 3)
    np.testing.assert_array_equal(model(x).numpy(), x.numpy())
    model.train()
    np.random.seed(8)
    out = model(x)
    assert not np.array_equal(out.numpy(), x.numpy())


def test_set_weights_from_outside():
    cell = nn.Cell(3)
    cell.W = mdl.Tensor(np.eye(3, dtype="float32"))
    x = get_tensor(2, 3)
    out, (h, c) = cell(x, None)
    np.testing.assert_allclose(out.numpy(), x.numpy())
    assert h is out
    layer = nn.Linear(3, 1)
    layer.weight.data = mdl.Tensor(np.ones((3, 1)), dtype="float32")
    np.testing.assert_allclose(layer(x).numpy(), x.numpy().sum(axis=1, keepdims=True), rtol=1e-6)


class Scale(nn.Module):
    def __init__(self, factor, inner=None):
        super().__init__()
        self.factor = factor
        self.inner = inner or nn.Identity()

    def forward(self, x):
        return later(self.inner(x)) * self.factor * CONSTANT


CONSTANT = 2


def later(x):
    return x + np.float32(1)


def test_module_of_the_test():
    model = Scale(3.0)
    x = get_tensor(2, 2)
    np.testing.assert_allclose(model(x).numpy(), (x.numpy() + 1) * 6, rtol=1e-6)
    assert isinstance(model, nn.Module)
    assert isinstance(model, Scale)
    assert model.factor == 3.0
    assert model.training
    model.factor = 1.0
    np.testing.assert_allclose(model(x).numpy(), (x.numpy() + 1) * 2, rtol=1e-6)
    both = nn.Sequential(Scale(1.0, inner=nn.Linear(2, 2)), nn.Linear(2, 2))
    assert len(both.parameters()) == 2


def test_module_in_a_function():
    offset = mdl.Tensor([[1.0, 1.0]])

    class Shift(mdl.nn.Module):
        def forward(self, x):
            return x + offset

    np.testing.assert_array_equal(Shift()(mdl.Tensor([[1.0, 2.0]])).numpy(), [[2.0, 3.0]])


def learn(optimizer, steps=5, **kwargs):
    np.random.seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))
    opt = optimizer(model.parameters(), **kwargs)
    x = get_tensor(8, 4)
    losses = []
    for _ in range(steps):
        opt.reset_grad()
        out = model(x)
        loss = (out * out).sum()
        loss.backward()
        opt.step()
        losses.append(float(loss.numpy()))
    return losses, model


def test_sgd():
    losses, model = learn(mdl.optim.SGD, lr=1e-5)
    assert losses[-1] < losses[0]
    assert all(p.grad is not None for p in model.parameters())


def test_sgd_momentum():
    losses, _ = learn(mdl.optim.SGD, lr=0.001, momentum=0.9)
    np.testing.assert_allclose(losses[0], learn(mdl.optim.SGD, steps=1)[0][0])


def test_memory():
    gc.collect()
    before = global_tensor_count()
    learn(mdl.optim.SGD, lr=0.001)
    gc.collect()
    assert global_tensor_count() - before <= 0


def test_in_place_argument():
    X = np.random.RandomState(0).rand(40, 5).astype("float32")
    y = (X[:, 0] > 0.5).astype("uint8")
    theta = np.zeros((5, 2), dtype="float32")
    assert sgd_epoch(X, y, theta, lr=1.0, batch=10) is None
    assert np.abs(theta).sum() > 0
    assert theta[0, 1] > theta[0, 0]


def test_softmax_loss():
    Z, y = mdl.Tensor(np.zeros((4, 10))), mdl.Tensor(np.eye(10)[[1, 2, 3, 4]])
    np.testing.assert_allclose(softmax_loss(Z, y).numpy(), np.log(10), rtol=1e-6, atol=1e-6)


def test_names_of_the_student_do_not_hide_ours():
    assert abs(-3) == 3
    assert np.pi > 3


def test_prints(capsys):
    assert show(mdl.Tensor([1.0])) is None


def submit_nothing():
    mugrade.submit(np.zeros(3))


def test_mugrade():
    submit_nothing()


def test_truth_value_is_refused():
    with pytest.raises(ValueError):
        bool(mdl.Tensor([1.0, 2.0]).numpy() > 0)


def test_wrong():
    assert nn.Linear(2, 3).weight.shape == (3, 2)
