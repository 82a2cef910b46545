"""Right submissions, wrong answers, and answers of a wrong kind."""

from __future__ import annotations

from tests.parity.edit import (
    AUTOGRAD,
    ML,
    OPS,
    Made,
    body,
    classic,
    example,
    old,
    reference,
    swap,
    template,
)

ANSWERS: dict[str, Made] = {
    "reference": Made(reference),
    "example": Made(example),
    "classic": Made(classic),
    "old": Made(old),
    "template": Made(template),
    # wrong answers
    "matmul_batch_axes": Made(
        classic,
        (
            body(
                OPS,
                "MatMul",
                "gradient",
                "x, y = node.inputs",
                "return out_grad @ y.transpose(), x.transpose() @ out_grad",
            ),
        ),
    ),
    "matmul_not_transposed": Made(
        classic,
        (
            body(
                OPS, "MatMul", "gradient", "x, y = node.inputs", "return out_grad @ y, x @ out_grad"
            ),
        ),
    ),
    "broadcast_wrong_side": Made(
        old,
        (swap("python/needle/ops.py", "if size == 1)", "if size == 1)[:1]"),),
    ),
    "power_swapped": Made(example, (swap(OPS, "array_api.power(a, b)", "array_api.power(b, a)"),)),
    "power_zero": Made(
        classic,
        (
            body(
                OPS,
                "PowerScalar",
                "gradient",
                "return out_grad * self.scalar * node / node.inputs[0] if self.scalar else None",
            ),
        ),
    ),
    "sign_and_scale": Made(
        reference, (swap(OPS, "return grad_a, -grad_a * node", "return grad_a, grad_a * node"),)
    ),
    "sum_keeps_axes": Made(
        classic,
        (
            swap(
                OPS,
                "array_api.sum(a, axis=self.axes)",
                "array_api.sum(a, axis=self.axes, keepdims=True)",
            ),
        ),
    ),
    "loss_not_averaged": Made(
        old, (swap(ML, "per_example.sum() / Z.shape[0]", "per_example.sum()"),)
    ),
    "epoch_one_batch": Made(
        classic,
        (
            swap(
                ML,
                "        W1, W2 = [",
                "        return [",
                " (W1, W2)]\n    return W1, W2",
                " (W1, W2)]",
            ),
        ),
    ),
    "epoch_in_place": Made(
        classic,
        (
            swap(
                ML,
                "        W1, W2 = [ndl.Tensor(W.numpy() - lr * W.grad.numpy()) for W in (W1, W2)]",
                "        for W in (W1, W2):\n            W.data = W.data - W.grad.data * lr",
            ),
        ),
    ),
    "epoch_keeps_graph": Made(
        classic,
        (
            swap(
                ML,
                "        W1, W2 = [ndl.Tensor(W.numpy() - lr * W.grad.numpy()) for W in (W1, W2)]",
                "        W1, W2 = W1 - lr * W1.grad, W2 - lr * W2.grad",
            ),
        ),
    ),
    "topo_order_reversed_inputs": Made(
        classic,
        (swap(AUTOGRAD, "for source in node.inputs:", "for source in reversed(node.inputs):"),),
    ),
    "topo_order_not_returned": Made(
        old, (swap(AUTOGRAD, "    return topo_order\n", "    topo_order.reverse()\n"),)
    ),
    "grads_accumulate": Made(
        classic,
        (
            swap(
                AUTOGRAD,
                "node.grad = sum_node_list(contributions.pop(node))",
                "new = sum_node_list(contributions.pop(node))\n"
                "        node.grad = node.grad + new if getattr(node, 'grad', None) else new",
            ),
        ),
    ),
    # wrong kinds
    "relu_returns_array": Made(
        classic,
        (
            body(
                OPS,
                "ReLU",
                "gradient",
                "return out_grad.realize_cached_data() * (node.realize_cached_data() > 0)",
            ),
        ),
    ),
    "gradient_is_numpy": Made(
        classic,
        (
            body(
                OPS,
                "MatMul",
                "gradient",
                "x, y = (i.numpy() for i in node.inputs)",
                "g = out_grad.numpy()",
                "return Tensor(g @ y.swapaxes(-1, -2)), Tensor(x.swapaxes(-1, -2) @ g)",
            ),
            body(
                OPS,
                "EWiseMul",
                "gradient",
                "x, y = node.inputs",
                "return out_grad.numpy() * y.numpy(), out_grad.numpy() * x.numpy()",
            ),
        ),
    ),
    "gradient_is_none": Made(
        classic,
        (
            body(
                OPS, "Summation", "gradient", "grad = out_grad.broadcast_to(node.inputs[0].shape)"
            ),
            body(OPS, "Negate", "gradient", "pass"),
        ),
    ),
    "compute_is_list": Made(
        classic,
        (
            body(OPS, "Exp", "compute", "return array_api.exp(a).tolist()"),
            body(OPS, "Log", "compute", "return [float(v) for v in array_api.log(a).flat]"),
        ),
    ),
    "loss_is_float": Made(
        classic,
        (
            swap(
                ML,
                "return per_example.sum() / Z.shape[0]",
                "return float((per_example.sum() / Z.shape[0]).numpy())",
            ),
        ),
    ),
    "epoch_returns_list_of_arrays": Made(
        old, (swap(ML, "    return W1, W2", "    return [W1.numpy(), W2.numpy()]"),)
    ),
    "epoch_returns_nothing": Made(example, (swap(ML, "return W1, W2", "pass"),)),
    "mnist_lists": Made(
        classic,
        (swap(ML, 'return X.astype("float32") / 255.0, y', "return X.tolist(), y.tolist()"),),
    ),
    "mnist_float64_and_int": Made(
        classic, (swap(ML, 'X.astype("float32") / 255.0, y', "X / 255.0, y.astype(int)"),)
    ),
    "float64_leaks": Made(
        classic,
        (
            body(OPS, "DivScalar", "compute", "return a / array_api.float64(self.scalar)"),
            body(OPS, "Exp", "compute", "return array_api.exp(a.astype(float))"),
        ),
    ),
    "scalar_for_array": Made(
        classic, (body(OPS, "Summation", "compute", "return float(a.sum())"),)
    ),
    "tensor_equality": Made(
        classic,
        (
            swap(
                AUTOGRAD,
                "    def __neg__(self):",
                "    def __eq__(self, other):\n"
                "        return Tensor(self.numpy() == getattr(other, 'cached_data', other))\n\n"
                "    __hash__ = Value.__hash__\n\n    def __neg__(self):",
            ),
        ),
    ),
    "tensor_is_falsy": Made(
        classic,
        (
            swap(
                AUTOGRAD,
                "    def __neg__(self):",
                "    def __len__(self):\n        return len(self.realize_cached_data())\n\n"
                "    def __bool__(self):\n        return bool(self.realize_cached_data().any())\n\n"
                "    def __getitem__(self, i):\n"
                "        return Tensor(self.realize_cached_data()[i])\n\n"
                "    def __neg__(self):",
            ),
        ),
    ),
}
