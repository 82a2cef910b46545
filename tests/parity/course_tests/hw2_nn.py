"""A homework-2 file as courses write them: modules, initialisers and optimizers."""

import sys

sys.path.append("./python")
sys.path.append("./apps")

import mugrade
import needle as ndl
import needle.nn as nn
import numpy as np
import pytest
import torch

np.random.seed(3)


def get_tensor(*shape, entropy=1):
    np.random.seed(np.prod(shape) * len(shape) * entropy)
    return ndl.Tensor(np.random.randint(0, 100, size=shape) / 20, dtype="float32")


def get_int_tensor(*shape, low=0, high=10, entropy=1):
    np.random.seed(np.prod(shape) * len(shape) * entropy)
    return ndl.Tensor(np.random.randint(low, high, size=shape))


def check_prng(*shape):
    """We want to be sure that random numbers are generated in the same order."""
    np.random.seed(0)
    return ndl.init.rand(*shape).cached_data


def global_tensor_count():
    return np.array(ndl.autograd.TENSOR_COUNTER)


def to_torch(x, grad=True):
    return torch.tensor(x.numpy(), requires_grad=grad)


def close(a, b, tol=1e-5):
    b = b.detach().numpy() if isinstance(b, torch.Tensor) else b
    a = a.numpy() if isinstance(a, ndl.Tensor) else a
    np.testing.assert_allclose(a, b, rtol=tol, atol=tol)


def backward_check(f, *args, **kwargs):
    eps = 1e-5
    out = f(*args, **kwargs)
    c = np.random.randn(*out.shape)
    numerical_grad = [np.zeros(a.shape) for a in args]
    for i in range(len(args)):
        for j in range(args[i].realize_cached_data().size):
            args[i].realize_cached_data().flat[j] += eps
            f1 = (f(*args, **kwargs).numpy() * c).sum()
            args[i].realize_cached_data().flat[j] -= 2 * eps
            f2 = (f(*args, **kwargs).numpy() * c).sum()
            args[i].realize_cached_data().flat[j] += eps
            numerical_grad[i].flat[j] = (f1 - f2) / (2 * eps)
    backward_grad = out.op.gradient_as_tuple(ndl.Tensor(c), out)
    error = sum(
        np.linalg.norm(backward_grad[i].numpy() - numerical_grad[i]) for i in range(len(args))
    )
    assert error < 4.2e-1 and error < 1e-4
    return [g.numpy() for g in backward_grad]


def test_check_prng():
    got = check_prng(3, 3)
    np.random.seed(0)
    np.testing.assert_allclose(got, np.random.rand(3, 3), rtol=1e-5, atol=1e-5)


# initialisers


@pytest.mark.parametrize(
    "name,make",
    [
        ("xavier_uniform", lambda r, n, i, o: (2 * r - 1) * 1.5 * np.sqrt(6 / (i + o))),
        ("xavier_normal", lambda r, n, i, o: n * 1.5 * np.sqrt(2 / (i + o))),
    ],
)
def test_xavier(name, make):
    np.random.seed(42)
    got = getattr(ndl.init, name)(3, 5, gain=1.5)
    np.random.seed(42)
    r = np.random.rand(3, 5) if name.endswith("uniform") else None
    n = np.random.randn(3, 5) if name.endswith("normal") else None
    close(got, make(r, n, 3, 5).astype(np.float32))
    assert got.shape == (3, 5) and got.dtype == "float32"


def test_kaiming():
    np.random.seed(42)
    got = ndl.init.kaiming_uniform(3, 5).numpy()
    np.random.seed(42)
    np.testing.assert_allclose(got, (2 * np.random.rand(3, 5) - 1) * np.sqrt(2), 1e-4, 1e-4)
    np.random.seed(42)
    got = ndl.init.kaiming_normal(3, 5, requires_grad=True, dtype="float32")
    np.random.seed(42)
    close(got, np.random.randn(3, 5) * np.sqrt(2 / 3))
    assert got.requires_grad


# operators


@pytest.mark.parametrize(
    "shape,axes", [((3, 1), None), ((5, 3), (1,)), ((2, 3, 4), (0, 2)), ((2, 3, 4), 1)]
)
def test_logsumexp(shape, axes):
    x = np.random.randn(*shape)
    dims = tuple(range(x.ndim)) if axes is None else axes
    want = torch.logsumexp(torch.tensor(x), dim=dims)
    close(ndl.ops.logsumexp(ndl.Tensor(x), axes=axes), want)
    close(ndl.ops.logsumexp(ndl.Tensor(x + 1e8), axes=axes), (want + 1e8))
    backward_check(ndl.ops.logsumexp, ndl.Tensor(x), axes=axes)


def test_logsoftmax():
    x = np.random.randn(4, 5)
    close(ndl.ops.logsoftmax(ndl.Tensor(x)), torch.log_softmax(torch.tensor(x), dim=1))
    backward_check(ndl.ops.logsoftmax, ndl.Tensor(x))


def test_fused_add_scalars():
    x = ndl.Tensor([1.0, 2.0])
    a, b = ndl.ops.fused_add_scalars(x, 1, 2)
    (a * b).sum().backward()
    close(x.grad, [5.0, 7.0])
    assert isinstance(ndl.ops.make_tuple(x, x), ndl.TensorTuple)


# modules


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(3, 5), (3, 2, 5), (2, 3, 2, 5)])
def test_linear(shape, bias):
    f = nn.Linear(5, 4, bias=bias)
    if bias:
        assert f.bias.shape == (1, 4)
        f.bias.data = get_tensor(1, 4)
    f.weight.data = get_tensor(5, 4)
    x = get_tensor(*shape)
    t, w = to_torch(x), to_torch(f.weight)
    want = t @ w + (to_torch(f.bias) if bias else 0)
    got = f(x)
    close(got, want)
    (got**2).sum().backward()
    (want**2).sum().backward()
    close(x.grad, t.grad, 1e-4)
    close(f.weight.grad, w.grad, 1e-4)


def test_linear_weights_are_drawn_in_order():
    np.random.seed(1337)
    f = nn.Linear(7, 4)
    np.random.seed(1337)
    close(f.weight, (np.random.rand(7, 4) * 2 - 1) * np.sqrt(6 / 7))
    close(f.bias, ((np.random.rand(4, 1) * 2 - 1) * np.sqrt(6 / 4)).reshape(1, 4))


def test_sequential_and_residual():
    np.random.seed(42)
    f = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Residual(nn.Linear(8, 8)), nn.Linear(8, 5))
    x = get_tensor(3, 5)
    t = to_torch(x)
    p = [to_torch(w) for w in f.parameters()]
    h = torch.relu(t @ p[0] + p[1])
    want = (h @ p[2] + p[3] + h) @ p[4] + p[5]
    close(f(x), want, 1e-4)
    f(x).sum().backward()
    want.sum().backward()
    for ours, theirs in zip(f.parameters(), p):
        close(ours.grad, theirs.grad, 1e-3)


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4, 5), (7,)])
def test_flatten(shape):
    x = get_tensor(*shape)
    assert nn.Flatten()(x).shape == (shape[0], int(np.prod(shape[1:])))


def test_softmax_loss():
    x, y = get_tensor(5, 10), get_int_tensor(5, low=0, high=10)
    t = to_torch(x)
    want = torch.nn.functional.cross_entropy(t, torch.tensor(y.numpy()).long())
    got = nn.SoftmaxLoss()(x, y)
    close(got, want)
    got.backward()
    want.backward()
    close(x.grad, t.grad)


@pytest.mark.parametrize("affine", [True, False])
def test_batchnorm(affine):
    f, g = nn.BatchNorm1d(8), torch.nn.BatchNorm1d(8)
    if affine:
        f.weight.data, f.bias.data = get_tensor(8, entropy=42), get_tensor(8, entropy=1337)
        g.weight.data, g.bias.data = to_torch(f.weight).data, to_torch(f.bias).data
    x = get_tensor(16, 8)
    t = to_torch(x)
    close(f(x), g(t), 1e-4)
    (f(x) ** 2).sum().backward()
    (g(t) ** 2).sum().backward()
    close(x.grad, t.grad, 1e-2)
    close(f.weight.grad, g.weight.grad, 1e-3)


def test_batchnorm_running_statistics():
    f = nn.BatchNorm1d(10)
    mean, var = np.zeros(10), np.ones(10)
    for i in range(10):
        x = get_tensor(4, 10, entropy=i)
        f(x)
        mean = 0.9 * mean + 0.1 * x.numpy().mean(axis=0)
        var = 0.9 * var + 0.1 * x.numpy().var(axis=0)
    close(f.running_mean.numpy(), mean)
    close(f.running_var.cached_data, var)
    f.eval()
    close(f(x), (x.numpy() - mean) / np.sqrt(var + 1e-5), 1e-4)
    assert len(f.parameters()) == 2
    assert not f.running_mean.requires_grad


def test_layernorm():
    f, g = nn.LayerNorm1d(6), torch.nn.LayerNorm(6)
    x = get_tensor(5, 6)
    t = to_torch(x)
    close(f(x), g(t), 1e-4)
    (f(x) ** 4).sum().backward()
    (g(t) ** 4).sum().backward()
    close(x.grad, t.grad, 1e-2)


@pytest.mark.parametrize("shape,p", [((2, 3), 0.45), ((100, 10), 0.1)])
def test_dropout(shape, p):
    x = get_tensor(*shape)
    f = nn.Dropout(p)
    np.random.seed(9)
    got = f(x)
    np.random.seed(9)
    mask = (np.random.rand(*shape) <= 1 - p) / (1 - p)
    close(got, x.numpy() * mask)
    got.sum().backward()
    close(x.grad, mask)
    f.eval()
    close(f(x), x.numpy())


def test_train_and_eval_reach_every_module():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = {"first": nn.Linear(2, 3), "rest": [nn.Dropout(0.9), nn.BatchNorm1d(3)]}
            self.pair = (nn.Linear(3, 1), nn.Identity())
            self.scale = nn.Parameter(ndl.init.ones(1, 1))

        def forward(self, x):
            for module in [self.table["first"], *self.table["rest"], *self.pair]:
                x = module(x)
            return x * self.scale.broadcast_to(x.shape)

    model = Model()
    assert [p.shape for p in model.parameters()] == [
        (2, 3), (1, 3), (3,), (3,), (3, 1), (1, 1), (1, 1)
    ]
    x = get_tensor(4, 2)
    assert model(x).shape == (4, 1)
    model.eval()
    assert not model.table["rest"][0].training and not model.table["rest"][1].training
    close(model(x), model(x).numpy())
    model.train()
    assert model.training and model.table["rest"][0].training
    model(x).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


# optimizers


def learn_model_1d(feature_size, nclasses, _model, optimizer, epochs=1, **kwargs):
    np.random.seed(42)
    model = _model([])
    X = get_tensor(256, feature_size).cached_data
    y = get_int_tensor(256, low=0, high=nclasses).cached_data.astype(np.uint8)
    m = X.shape[0]
    batch = 32
    loss_func = nn.SoftmaxLoss()
    opt = optimizer(model.parameters(), **kwargs)
    for _ in range(epochs):
        for i, (X0, y0) in enumerate(
            zip(np.array_split(X, m // batch), np.array_split(y, m // batch))
        ):
            opt.reset_grad()
            X0, y0 = ndl.Tensor(X0, dtype="float32"), ndl.Tensor(y0)
            out = model(X0)
            loss = loss_func(out, y0)
            loss.backward()
            grad_before = model.parameters()[0].grad.detach().cached_data
            opt.step()
            grad_after = model.parameters()[0].grad.detach().cached_data
            np.testing.assert_allclose(
                grad_before, grad_after, rtol=1e-5, atol=1e-5,
                err_msg="Optim should not modify gradients in place",
            )
    return np.array(loss.cached_data)


def learn_model_torch(feature_size, nclasses, optimizer, epochs, **kwargs):
    np.random.seed(42)
    first = nn.Linear(feature_size, 16), nn.Linear(16, nclasses)
    model = torch.nn.Sequential(
        torch.nn.Linear(feature_size, 16), torch.nn.ReLU(), torch.nn.Linear(16, nclasses)
    )
    for ours, theirs in zip(first, [model[0], model[2]]):
        theirs.weight.data = torch.tensor(ours.weight.numpy().T.copy())
        theirs.bias.data = torch.tensor(ours.bias.numpy().reshape(-1).copy())
    X = torch.tensor(get_tensor(256, feature_size).numpy())
    y = torch.tensor(get_int_tensor(256, low=0, high=nclasses).numpy()).long()
    opt = optimizer(model.parameters(), **kwargs)
    for _ in range(epochs):
        for i in range(0, 256, 32):
            opt.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(X[i : i + 32]), y[i : i + 32])
            loss.backward()
            opt.step()
    return loss.detach().numpy()


PLAIN = lambda z: nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))


@pytest.mark.parametrize("kwargs", [dict(lr=0.01), dict(lr=0.01, weight_decay=0.01)])
@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_optimizers_against_torch(name, kwargs):
    ours = learn_model_1d(8, 4, PLAIN, getattr(ndl.optim, name), epochs=3, **kwargs)
    theirs = learn_model_torch(8, 4, getattr(torch.optim, name), epochs=3, **kwargs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_momentum_against_torch():
    ours = learn_model_1d(8, 4, PLAIN, ndl.optim.SGD, epochs=3, lr=0.01, momentum=0.9)
    theirs = learn_model_torch(8, 4, torch.optim.SGD, epochs=3, lr=0.001, momentum=0.9)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_optimizers_with_normalisation_learn():
    model = lambda z: nn.Sequential(
        nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1), nn.LayerNorm1d(16),
        nn.Residual(nn.Linear(16, 16)), nn.Linear(16, 4)
    )
    first = learn_model_1d(8, 4, model, ndl.optim.Adam, epochs=1, lr=0.01)
    last = learn_model_1d(8, 4, model, ndl.optim.Adam, epochs=6, lr=0.01, weight_decay=0.001)
    assert last < first


def test_optimizer_skips_what_has_no_gradient():
    a, b = nn.Parameter(ndl.init.ones(2)), nn.Parameter(ndl.init.ones(2))
    opt = ndl.optim.Adam([a, b], lr=0.1)
    opt.reset_grad()
    assert a.grad is None
    a.sum().backward()
    opt.step()
    close(a, [0.9, 0.9])
    close(b, [1.0, 1.0])
    assert opt.t == 1


@pytest.mark.parametrize("optimizer", [ndl.optim.SGD, ndl.optim.Adam])
def test_memory(optimizer):
    before = global_tensor_count()
    learn_model_1d(8, 4, PLAIN, optimizer, epochs=4, lr=0.01)
    after = global_tensor_count()
    assert after - before < 1500, "live tensors grow: a graph is kept alive"


def submit_linear():
    mugrade.submit(nn.Linear(3, 4)(get_tensor(2, 3)).numpy())
