"""What pytest and unittest offer: fixtures of every scope, marks, classes, plugins."""

import sys
import unittest
import warnings

sys.path.append("./python")
sys.path.append("./apps")

import needle as ndl
import numpy as np
import pytest
from needle import *
from simple_ml import nn_epoch, softmax_loss

np.random.seed(1234)
DATA = np.random.randn(4, 3)
X = ndl.Tensor(DATA)
Y = ndl.exp(X)
DEVICES = [ndl.cpu()]
CASES = [(ndl.Tensor([1.0, 2.0]), 3.0), (ndl.Tensor(np.ones(4)), 4.0)]
TABLE = {"negate": (ndl.negate, np.negative), "exp": (ndl.exp, np.exp)}


@pytest.fixture(scope="session")
def shared():
    return ndl.Tensor(np.full((2, 2), 2.0))


@pytest.fixture(scope="module")
def weights():
    np.random.seed(0)
    made = ndl.Tensor(np.random.randn(3, 2)), ndl.Tensor(np.random.randn(2, 2))
    yield made
    assert made[0].shape == (3, 2)


@pytest.fixture(scope="class")
def of_class():
    return {"x": ndl.Tensor([1.0]), "n": 3}


@pytest.fixture
def fresh(shared):
    return shared + 1


@pytest.fixture(params=["eager", "lazy"])
def mode(request):
    ndl.autograd.LAZY_MODE = request.param == "lazy"
    yield request.param
    ndl.autograd.LAZY_MODE = False


@pytest.fixture(params=[ndl.add_scalar, ndl.mul_scalar], ids=["add", "mul"])
def operation(request):
    return request.param


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


@pytest.fixture
def make():
    made = []

    def maker(*shape):
        made.append(ndl.Tensor(np.ones(shape)))
        return made[-1]

    yield maker
    assert all(isinstance(item, ndl.Tensor) for item in made)


def test_module_values():
    np.testing.assert_allclose(Y.numpy(), np.exp(DATA))
    np.testing.assert_array_equal(X.numpy(), DATA)
    Y.sum().backward()
    np.testing.assert_allclose(X.grad.numpy(), np.exp(DATA))


def test_module_draws():
    np.random.seed(1234)
    np.testing.assert_array_equal(np.random.randn(4, 3), DATA)


def test_star_import():
    np.testing.assert_allclose(relu(Tensor([-1.0, 1.0])).numpy(), [0, 1])
    assert Tensor is ndl.Tensor
    assert isinstance(cpu(), type(ndl.cpu()))
    np.testing.assert_allclose(ones(2).numpy(), [1, 1])


def test_scopes(shared, fresh, weights):
    np.testing.assert_allclose(fresh.numpy(), shared.numpy() + 1)
    assert (weights[0] @ weights[1]).shape == (3, 2)


def test_factory(make):
    assert (make(2, 3) @ make(3, 4)).shape == (2, 4)


def test_modes(mode):
    y = ndl.Tensor([2.0]) * 3
    assert (y.cached_data is None) == (mode == "lazy")
    assert y.numpy()[0] == 6


def test_parametrized_fixture(operation):
    assert operation(ndl.Tensor([2.0]), 2).numpy()[0] == 4


@pytest.mark.parametrize(("x", "total"), CASES)
def test_remote_parameters(x, total):
    np.testing.assert_allclose(x.sum().numpy(), total)


@pytest.mark.parametrize("x", [ndl.Tensor([1.0]), ndl.Tensor([[2.0, 3.0]])], ids=["one", "two"])
@pytest.mark.parametrize("factor", [2, 0.5], ids=str)
def test_products_of_parameters(x, factor):
    np.testing.assert_allclose((x * factor).numpy(), x.numpy() * factor)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_table(name):
    function, expected = TABLE[name]
    np.testing.assert_allclose(function(X).numpy(), expected(DATA))


@pytest.mark.parametrize("device", DEVICES, ids=["cpu"])
def test_devices(device):
    assert ndl.Tensor([1.0], device=device).device == device


@pytest.mark.parametrize(
    "shape, axes", [((2, 3), (0,)), ((2, 3, 4), (0, 2)), pytest.param((5,), None, id="all")]
)
def test_summation(shape, axes):
    data = np.random.randn(*shape)
    np.testing.assert_allclose(ndl.summation(ndl.Tensor(data), axes).numpy(), data.sum(axes))


@pytest.mark.skip(reason="not now")
def test_skipped():
    assert ndl.nothing


@pytest.mark.skipif(not hasattr(ndl, "nn"), reason="homework 2")
def test_skipped_by_condition():
    assert False


@pytest.mark.skipif(sys.version_info < (3, 9), reason="old")
def test_not_skipped():
    assert ndl.Tensor([1.0]).shape == (1,)


@pytest.mark.xfail(reason="known")
def test_expected_failure():
    assert ndl.Tensor([1.0]).numpy()[0] == 2.0


@pytest.mark.xfail(reason="it works")
def test_unexpected_pass():
    assert ndl.Tensor([1.0]).numpy()[0] == 1.0


@pytest.mark.xfail(strict=True, raises=ValueError)
def test_strict_expected_failure():
    ndl.reshape(ndl.Tensor([1.0]), (2, 2))


def test_skip_inside():
    if not ndl.Tensor([1.0]).requires_grad:
        pytest.skip("cannot be")
    assert True


def test_importorskip():
    numpy = pytest.importorskip("numpy")
    assert numpy is np


def test_always_wrong():
    np.testing.assert_allclose(ndl.Tensor([1.0]).numpy(), [2.0])


def test_fail_called():
    if ndl.Tensor([1.0]).shape == (1,):
        pytest.fail("as it should")


class TestGrouped:
    factor = 2

    def setup_method(self):
        self.x = ndl.Tensor([1.0, 2.0])

    def teardown_method(self):
        del self.x

    def test_method(self):
        np.testing.assert_allclose((self.x * self.factor).numpy(), [2, 4])

    @pytest.mark.parametrize("n", range(3))
    def test_cases(self, n):
        np.testing.assert_allclose((self.x + n).numpy(), np.array([1, 2]) + n)

    def test_fixture_of_class(self, of_class):
        assert of_class["x"].numpy()[0] == 1.0
        of_class["n"] += 1


class TestOuter:
    class TestInner:
        def test_inner(self):
            assert ndl.negate(ndl.Tensor([1.0])).numpy()[0] == -1


@pytest.mark.usefixtures("mode")
class TestWithSetup:
    @classmethod
    def setup_class(cls):
        cls.x = ndl.Tensor(np.ones((2, 2)))

    def test_setup(self):
        np.testing.assert_allclose((self.x @ self.x).numpy(), np.full((2, 2), 2.0))


class OldStyle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = ndl.Tensor([3.0])

    def setUp(self):
        self.x = ndl.Tensor([[1.0, 2.0]])

    def tearDown(self):
        self.x = None

    def test_equal(self):
        self.assertEqual(self.x.shape, (1, 2))
        self.assertTrue(np.allclose(self.x.numpy(), [[1, 2]]))
        self.assertAlmostEqual(float(self.shared.numpy()[0]), 3.0)
        self.assertIsInstance(self.x, ndl.Tensor)
        self.assertIsNone(self.x.op)
        self.assertIn("needle", repr(self.x))
        self.assertNotEqual(self.x, self.shared)
        self.assertIs(self.x.detach().op, None)
        self.assertGreater(self.x.numpy().max(), 1)
        self.assertListEqual(list(self.x.shape), [1, 2])

    def test_raises(self):
        with self.assertRaises(ValueError):
            ndl.reshape(self.x, (3, 3))
        self.assertRaises(AttributeError, getattr, self.x, "nothing")
        with self.assertRaisesRegex(ValueError, "."):
            ndl.matmul(self.x, self.x)

    def test_subtests(self):
        for n in range(3):
            with self.subTest(n=n):
                self.assertEqual((self.x + n).numpy()[0, 0], 1 + n)

    @unittest.skip("not now")
    def test_skipped(self):
        self.fail()

    @unittest.expectedFailure
    def test_expected(self):
        self.assertEqual(self.x.shape, (2, 1))


def test_tmp_path(tmp_path):
    np.save(tmp_path / "x.npy", X.numpy())
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), DATA)


def test_capsys(capsys):
    print(ndl.Tensor([1.0]))
    print("loss", float(ndl.Tensor(2.0).numpy()))
    assert capsys.readouterr().out == "[1.]\nloss 2.0\n"


def test_warns():
    with pytest.warns(UserWarning, match="careful"):
        warnings.warn("be careful", UserWarning)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ndl.Tensor([1.0]) + 1


def test_monkeypatch(monkeypatch):
    monkeypatch.setattr(ndl.autograd, "LAZY_MODE", True)
    assert (ndl.Tensor([1.0]) + 1).cached_data is None
    monkeypatch.undo()
    assert (ndl.Tensor([1.0]) + 1).cached_data is not None


def test_request(request):
    assert request.node.name == "test_request"
    assert request.module.X is X


def test_recorded(record_property):
    record_property("norm", float(np.linalg.norm(X.numpy())))


def test_subprocess_of_values():
    expected = np.array([1.0, np.nan, np.inf])
    np.testing.assert_array_equal(ndl.Tensor(expected).numpy(), expected)


def test_generators():
    tensors = (ndl.Tensor([float(i)]) for i in range(3))
    total = ndl.Tensor([0.0])
    for tensor in tensors:
        total = total + tensor
    assert total.numpy()[0] == 3
    assert any(t.numpy()[0] == 2 for t in [ndl.Tensor([2.0])])
    assert not all(t.requires_grad for t in [ndl.Tensor([1.0], requires_grad=False)])


@pytest.mark.parametrize("seed", range(3))
def test_training_step(seed):
    rng = np.random.RandomState(seed)
    x, y = rng.randn(20, 5).astype("float32"), rng.randint(0, 3, 20).astype("uint8")
    W1 = ndl.Tensor(rng.randn(5, 6).astype("float32"))
    W2 = ndl.Tensor(rng.randn(6, 3).astype("float32"))

    def loss(a, b):
        one_hot = np.eye(3, dtype="float32")[y]
        return float(softmax_loss(ndl.relu(ndl.Tensor(x) @ a) @ b, ndl.Tensor(one_hot)).numpy())

    before = loss(W1, W2)
    W1, W2 = nn_epoch(x, y, W1, W2, lr=0.05, batch=20)
    assert loss(W1, W2) < before
    assert W1.dtype == np.float32


def helper_that_draws():
    return np.random.randn(3)


def test_seeded_inside():
    np.random.seed(3)
    first = ndl.Tensor(helper_that_draws())
    np.random.seed(3)
    np.testing.assert_array_equal(first.numpy(), helper_that_draws())


def teardown_module():
    assert X.shape == (4, 3)


def setup_module(module):
    module.READY = ndl.Tensor([5.0])


def test_setup_module():
    assert READY.numpy()[0] == 5.0
