"""The graph: construction, order, reverse mode, depth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import needle as ndl
import numpy
import numpy as np
import pytest
from needle.autograd import Tensor, TensorTuple, find_topo_sort, sum_node_list


def gradient_check(
    f: Callable[..., Any], *args: Any, tol: float = 1e-6, backward: bool = False, **kwargs: Any
) -> list[numpy.ndarray]:
    """As the course's own checker does it: perturb the data of the inputs in place."""
    eps = 1e-4
    numerical_grads = [numpy.zeros(a.shape) for a in args]
    for i in range(len(args)):
        for j in range(args[i].realize_cached_data().size):
            args[i].realize_cached_data().flat[j] += eps
            f1 = float(f(*args, **kwargs).numpy().sum())
            args[i].realize_cached_data().flat[j] -= 2 * eps
            f2 = float(f(*args, **kwargs).numpy().sum())
            args[i].realize_cached_data().flat[j] += eps
            numerical_grads[i].flat[j] = (f1 - f2) / (2 * eps)
    if not backward:
        out = f(*args, **kwargs)
        computed_grads = [
            x.numpy() for x in out.op.gradient_as_tuple(Tensor(numpy.ones(out.shape)), out)
        ]
    else:
        out = f(*args, **kwargs).sum()
        out.backward()
        computed_grads = [a.grad.numpy() for a in args]
    error = sum(numpy.linalg.norm(computed_grads[i] - numerical_grads[i]) for i in range(len(args)))
    assert error < tol
    return computed_grads


@pytest.mark.parametrize("backward", [False, True])
def test_gradient_check_of_the_course(backward: bool) -> None:
    random = np.random.default_rng(0)
    a, b = Tensor(random.standard_normal((5, 4))), Tensor(5 + random.standard_normal((5, 4)))
    gradient_check(ndl.power_scalar, a, scalar=0, backward=backward)
    gradient_check(ndl.divide, a, b, backward=backward)
    gradient_check(ndl.divide_scalar, a, scalar=random.standard_normal(1), backward=backward)
    gradient_check(ndl.summation, a, axes=(1,), backward=backward)
    gradient_check(ndl.broadcast_to, Tensor(np.ones((3, 1))), shape=(3, 3), backward=backward)


def test_gradient_check_notices_a_wrong_gradient() -> None:
    wrong = ndl.Exp()
    wrong.gradient = lambda out_grad, node: out_grad  # type: ignore[method-assign]
    with pytest.raises(AssertionError):
        gradient_check(wrong, Tensor([[0.5, 1.0]]))


# ---- construction


def test_make_from_op_remembers_op_and_inputs() -> None:
    x, y = Tensor([1.0]), Tensor([2.0])
    z = x + y
    assert type(z.op) is ndl.EWiseAdd
    assert list(z.inputs) == [x, y]
    assert z.requires_grad
    assert not z.is_leaf()
    assert x.is_leaf()
    assert z.num_outputs == 1


def test_values_that_need_no_gradient_keep_no_graph() -> None:
    x = Tensor([1.0], requires_grad=False)
    z = x + x * 2
    assert z.is_leaf()
    assert not z.requires_grad
    assert len(z.inputs) == 0


def test_new_and_init_make_a_node_without_the_constructor() -> None:
    x = Tensor([4.0])
    node = Tensor.__new__(Tensor)
    node._init(ndl.Negate(), [x])
    assert node.cached_data is None
    assert node.realize_cached_data() == [-4.0]
    assert node.requires_grad


def test_tensor_from_tensor_shares_data_unless_it_has_to_convert() -> None:
    x = Tensor(np.arange(3.0))
    assert Tensor(x).cached_data is x.cached_data
    assert Tensor(x, dtype="float64").cached_data is x.cached_data
    converted = Tensor(x, dtype="float32")
    assert converted.dtype == np.float32
    assert converted.numpy().tolist() == [0, 1, 2]


def test_tensor_from_array_copies() -> None:
    array = np.zeros(2)
    x = Tensor(array)
    array += 1
    assert x.numpy().tolist() == [0, 0]


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "uint8", "bool"])
def test_tensor_keeps_the_dtype_of_an_array(dtype: str) -> None:
    assert Tensor(np.ones(2, dtype=dtype)).dtype == dtype


def test_data_has_no_history_and_can_be_set() -> None:
    x = Tensor([1.0])
    y = x * 2
    assert y.data.is_leaf()
    assert not y.data.requires_grad
    assert y.detach().cached_data is y.cached_data
    x.data = Tensor([5.0])
    assert x.numpy() == [5.0]
    assert x.requires_grad
    with pytest.raises(AssertionError, match="float64, not float32"):
        x.data = Tensor([1.0], dtype="float32")


def test_numpy_is_a_fresh_copy() -> None:
    for x in (Tensor([1.0]), Tensor(1.0), Tensor([1.0]).sum()):
        array = x.numpy()
        assert type(array) is np.ndarray
        array += 1
        assert x.numpy().sum() == 1.0


def test_texts() -> None:
    x = Tensor([1.0, 2.0])
    assert repr(x) == "needle.Tensor([1. 2.])"
    assert str(x) == "[1. 2.]"


def test_tensors_are_truthy_hashable_and_equal_by_identity() -> None:
    x, y = Tensor([0.0]), Tensor([0.0])
    assert bool(x)
    assert x != y
    assert len({x, y, x}) == 2
    assert not hasattr(x, "grad")


def test_scalars_make_one_node_and_subtraction_two() -> None:
    a, b = Tensor([1.0]), Tensor([2.0])
    assert [type(n.op).__name__ for n in find_topo_sort([3 * a])] == ["NoneType", "MulScalar"]
    names = [type(n.op).__name__ for n in find_topo_sort([a - b])]
    assert names == ["NoneType", "NoneType", "Negate", "EWiseAdd"]


def test_numpy_on_the_left_leaves_the_operator_to_the_tensor() -> None:
    x = Tensor(np.ones(2, dtype="float32"))
    for y in (np.float64(3) * x, np.array([3.0]) * x, np.float64(4) - x):
        assert type(y) is Tensor
        assert y.dtype == np.float32
        assert y.numpy().tolist() == [3, 3]


@pytest.mark.parametrize("scalar", [np.float64(2), np.array(2.0), np.array([2.0]), 2, 2.0])
def test_numbers_do_not_change_the_dtype(scalar: Any) -> None:
    x = Tensor(np.full((2, 3), 3, dtype="float32"))
    for y in (x + scalar, x - scalar, x * scalar, x / scalar, x**scalar):
        assert (y.dtype, y.shape) == (np.float32, (2, 3))
        y.backward()
        assert (x.grad.dtype, x.grad.shape) == (np.float32, (2, 3))


def test_a_scalar_is_one_number() -> None:
    with pytest.raises(ValueError, match=r"one number.*\(3,\).*wrap it in a Tensor"):
        Tensor([1.0]) + np.ones(3)


def test_integers() -> None:
    a, b = Tensor(np.array([2, 3])), Tensor(np.array([5, 7]))
    (a * b + a - b).backward()
    assert a.grad.dtype == np.int64
    assert a.grad.numpy().tolist() == [6, 8]
    a.grad.backward()
    assert b.grad.numpy().tolist() == [1, 1]


# ---- order


def test_topological_order_is_post_order_from_left_to_right() -> None:
    a, b = Tensor([2.0]), Tensor([3.0])
    product = a * b
    shifted = product + 1
    out = shifted + a * shifted
    assert find_topo_sort([out]) == [a, b, product, shifted, out.inputs[1], out]


def test_topological_order_of_several_nodes() -> None:
    a = Tensor([1.0])
    b, c = a + 1, a + 2
    assert find_topo_sort([c, b]) == [a, c, b]


def test_topological_order_on_random_graphs_is_that_of_the_definition() -> None:
    def recursive(node: Tensor, order: list[Tensor]) -> list[Tensor]:
        for x in node.inputs:
            recursive(x, order)
        if not any(node is other for other in order):
            order.append(node)
        return order

    for seed in range(20):
        random = np.random.default_rng(seed)
        nodes = [Tensor([1.0]) for _ in range(3)]
        for _ in range(8):
            i, j = random.integers(len(nodes), size=2)
            nodes.append(nodes[i] + nodes[j])
        assert find_topo_sort([nodes[-1]]) == recursive(nodes[-1], [])


def test_sum_node_list_folds_from_the_left_without_a_zero() -> None:
    a, b, c = Tensor([1.0]), Tensor([2.0]), Tensor([3.0])
    assert sum_node_list([a]) is a
    total = sum_node_list([a, b, c])
    assert total.inputs[1] is c
    assert list(total.inputs[0].inputs) == [a, b]


# ---- reverse mode


def test_gradients_reach_every_node() -> None:
    x, constant = Tensor([2.0]), Tensor([5.0], requires_grad=False)
    y = x * constant
    z = y * y
    z.backward()
    assert z.grad.numpy() == [1.0]
    assert y.grad.numpy() == [20.0]
    assert x.grad.numpy() == [100.0]
    assert constant.grad.numpy() == [40.0]


def test_adjoints_that_nobody_needs_are_computed_on_demand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []
    compute = ndl.MatMul.compute
    monkeypatch.setattr(
        ndl.MatMul, "compute", lambda self, a, b: calls.append(self) or compute(self, a, b)
    )
    x, w = Tensor(np.ones((2, 3)), requires_grad=False), Tensor(np.ones((3, 4)))
    (x @ w).backward()
    assert len(calls) == 2
    assert x.grad.shape == (2, 3)
    assert len(calls) == 3


def test_a_detached_weight_still_has_a_gradient() -> None:
    """The training loop of the walk-through detaches its weights, and inputs need gradients."""
    x, w = Tensor([[2.0]]), Tensor([[3.0]]).detach()
    (x @ w).backward()
    assert w.grad.numpy() == [[2.0]]


def test_gradient_of_a_gradient_on_the_walk_through() -> None:
    x2, x3 = Tensor([6.0]), Tensor([0.0])
    (x2 * x2 + x2 * x3).backward()
    grad_x2, grad_x3 = x2.grad, x3.grad
    grad_x2.backward()
    assert (x2.grad.numpy(), x3.grad.numpy()) == ([2.0], [1.0])
    grad_x3.backward()
    assert x2.grad.numpy() == [1.0]


def test_gradient_as_tuple_takes_what_gradient_returns() -> None:
    x = Tensor([1.0])
    out = -x
    for returned in (x, (x,), [x]):
        out.op.gradient = lambda *_, returned=returned: returned
        assert out.op.gradient_as_tuple(x, out) == (x,)


@pytest.mark.parametrize("lazy", [False, True])
def test_deep_graphs(lazy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndl.autograd, "LAZY_MODE", lazy)
    x = Tensor([1.0])
    y = x
    for _ in range(20_000):
        y = y + x
    y.backward()
    assert y.numpy() == [20_001.0]
    assert x.grad.numpy() == [20_001.0]


# ---- tuples


def test_tuples() -> None:
    a, b = Tensor([1.0]), Tensor([2.0])
    pair = ndl.make_tuple(a, b)
    assert isinstance(pair, TensorTuple)
    assert len(pair) == 2
    assert pair[0] is a
    assert [x.numpy() for x in pair] == [[1.0], [2.0]]
    assert repr(pair) == str(pair) == f"needle.TensorTuple{pair.tuple()}"
    assert (pair + pair)[1].numpy() == [4.0]
    assert pair.detach().is_leaf()
    assert not pair.detach().requires_grad
    with pytest.raises(IndexError):
        pair[2]


@pytest.mark.parametrize("index", [0, 1, -1])
def test_gradient_through_a_tuple(index: int) -> None:
    inputs = [Tensor([1.0, 2.0]), Tensor([[3.0]])]
    pair = ndl.make_tuple(*inputs)
    item = ndl.TupleGetItem(index)(pair, fold_const=False)
    (item * item).backward()
    for i, x in enumerate(inputs):
        expected = 2 * x.numpy() if i == index % 2 else 0 * x.numpy()
        assert x.grad.numpy().tolist() == expected.tolist()
    with pytest.raises(IndexError):
        ndl.TupleGetItem(2)(pair, fold_const=False)


# ---- errors


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda a: a.reshape((4, 2)), ["Reshape", "(2, 3)", "(4,2)"]),
        (lambda a: a @ a, ["MatMul", "(2, 3) and (2, 3)"]),
        (lambda a: a.broadcast_to((3, 2)), ["BroadcastTo", "(2, 3)", "(3,2)"]),
        (lambda a: a + a.transpose(), ["EWiseAdd", "(2, 3) and (3, 2)"]),
        (lambda a: a.sum(2), ["Summation", "(2, 3)", "axis 2 is out of bounds"]),
        (lambda a: a.transpose((0, 5)), ["Transpose", "(2, 3)", "axis 5 is out of bounds"]),
    ],
)
def test_errors_name_operator_and_shapes(
    wrong: Callable[[Tensor], Tensor], words: list[str]
) -> None:
    with pytest.raises(ValueError, match="cannot take") as error:
        wrong(Tensor(np.ones((2, 3))))
    for word in words:
        assert word in str(error.value)
