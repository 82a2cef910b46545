"""Mistakes in what operators compute, and in their gradients."""

from __future__ import annotations

#: (function, mistake) -> its body
FORWARD = {
    ("EWisePow.compute", "operands swapped"): "return b**a",
    ("EWisePow.compute", "multiplies"): "return a * b",
    ("PowerScalar.compute", "multiplies"): "return a * self.scalar",
    ("PowerScalar.compute", "loses the sign"): "return abs(a) ** self.scalar",
    ("PowerScalar.compute", "whole exponents only"): "return a ** int(self.scalar)",
    ("PowerScalar.compute", "leaks float64"): "return a ** array_api.float64(self.scalar)",
    ("EWiseDiv.compute", "operands swapped"): "return b / a",
    ("EWiseDiv.compute", "rounds down"): "return a // b",
    ("DivScalar.compute", "multiplies"): "return a * self.scalar",
    ("DivScalar.compute", "leaks float64"): "return a / array_api.float64(self.scalar)",
    ("Transpose.compute", "ignores axes"): "return a.swapaxes(-1, -2)",
    ("Transpose.compute", "first two by default"): """
        return a.swapaxes(*(self.axes or (0, 1)))
        """,
    ("Transpose.compute", "reverses all axes by default"): """
        return a.swapaxes(*self.axes) if self.axes else a.T
        """,
    ("Transpose.compute", "takes axes for a permutation"): """
        return array_api.transpose(a, self.axes)
        """,
    ("Reshape.compute", "in column order"): "return a.reshape(self.shape, order='F')",
    ("Reshape.compute", "changes its input"): """
        a.shape = self.shape
        return a
        """,
    ("BroadcastTo.compute", "leaks float64"): "return a + array_api.zeros(self.shape)",
    ("BroadcastTo.compute", "new axes at the end"): """
        return array_api.broadcast_to(
            a.reshape(a.shape + (1,) * (len(self.shape) - a.ndim)), self.shape
        )
        """,
    ("Summation.compute", "keeps axes"): "return a.sum(axis=self.axes, keepdims=True)",
    ("Summation.compute", "takes axis 0 for none"): "return a.sum(axis=self.axes or None)",
    ("Summation.compute", "first axis only"): """
        return a.sum(axis=self.axes[0] if isinstance(self.axes, tuple) else self.axes)
        """,
    ("Summation.compute", "one axis after the other"): """
        axes = self.axes if isinstance(self.axes, tuple) else (self.axes,)
        for axis in axes:
            a = a.sum(axis=axis)
        return a
        """,
    ("Summation.compute", "averages"): "return a.mean(axis=self.axes)",
    ("Summation.compute", "drops every axis of size one"): """
        return array_api.squeeze(a.sum(axis=self.axes))
        """,
    ("MatMul.compute", "dot"): "return array_api.dot(a, b)",
    ("MatMul.compute", "one batch axis only"): """
        return array_api.stack([x @ y for x, y in zip(a, b)]) if a.ndim > 2 else a @ b
        """,
    ("MatMul.compute", "element by element"): "return a * b",
    ("Negate.compute", "absolute value"): "return -abs(a)",
    ("Negate.compute", "in place"): "return array_api.negative(a, out=a)",
    ("Log.compute", "base 10"): "return array_api.log10(a)",
    ("Log.compute", "avoids zero"): "return array_api.log(a + 1e-3)",
    ("Exp.compute", "base 2"): "return array_api.exp2(a)",
    ("Exp.compute", "clipped"): "return array_api.exp(array_api.clip(a, -10, 10))",
    ("Exp.compute", "leaks float64"): "return array_api.exp(a.astype('float64'))",
    ("ReLU.compute", "in place"): "a[a < 0] = 0\nreturn a",
    ("ReLU.compute", "absolute value"): "return abs(a)",
    ("ReLU.compute", "leaky"): "return array_api.maximum(a, 0.01 * a)",
    ("ReLU.compute", "up to six"): "return array_api.clip(a, 0, 6)",
    ("ReLU.compute", "leaks float64"): """
        return array_api.where(a > 0, a, array_api.zeros(a.shape))
        """,
}

BACKWARD = {
    ("EWisePow.gradient", "no factor b"): """
        a, b = node.inputs
        return out_grad * a ** (b - 1), out_grad * a**b * log(a)
        """,
    ("EWisePow.gradient", "log of the exponent"): """
        a, b = node.inputs
        return out_grad * b * a ** (b - 1), out_grad * a**b * log(abs_(b))
        """.replace("abs_(b)", "(b * b) ** 0.5"),
    ("EWisePow.gradient", "in the wrong order"): """
        a, b = node.inputs
        return out_grad * a**b * log(a), out_grad * b * a ** (b - 1)
        """,
    ("EWisePow.gradient", "exponent taken for a constant"): """
        a, b = node.inputs
        return out_grad * b * a ** (b - 1), out_grad * 0
        """,
    ("PowerScalar.gradient", "exponent not lowered"): """
        return out_grad * (self.scalar * node.inputs[0] ** self.scalar)
        """,
    ("PowerScalar.gradient", "no factor"): """
        return out_grad * node.inputs[0] ** (self.scalar - 1)
        """,
    ("PowerScalar.gradient", "wrong for exponent 0"): """
        if self.scalar == 0:
            return out_grad
        return out_grad * self.scalar * node.inputs[0] ** (self.scalar - 1)
        """,
    ("PowerScalar.gradient", "wrong for exponent 1"): """
        if self.scalar <= 1:
            return out_grad * 0
        return out_grad * self.scalar * node.inputs[0] ** (self.scalar - 1)
        """,
    ("PowerScalar.gradient", "ignores the adjoint"): """
        return self.scalar * node.inputs[0] ** (self.scalar - 1)
        """,
    ("PowerScalar.gradient", "divides by the input"): """
        return out_grad * self.scalar * node / node.inputs[0]
        """,
    ("EWiseDiv.gradient", "sign of the second"): """
        a, b = node.inputs
        return out_grad / b, out_grad * a / (b * b)
        """,
    ("EWiseDiv.gradient", "not squared"): """
        a, b = node.inputs
        return out_grad / b, -out_grad * a / b
        """,
    ("EWiseDiv.gradient", "cubed"): """
        a, b = node.inputs
        return out_grad / b, -out_grad * a / b**3
        """,
    ("EWiseDiv.gradient", "a constant for its own gradient"): """
        a, b = node.inputs
        return out_grad / b.detach(), -out_grad * a / (b * b)
        """,
    ("DivScalar.gradient", "multiplies"): "return out_grad * self.scalar",
    ("DivScalar.gradient", "passes on"): "return out_grad",
    ("DivScalar.gradient", "leaks float64"): """
        return out_grad * Tensor(array_api.full(out_grad.shape, 1 / self.scalar))
        """,
    ("Transpose.gradient", "ignores axes"): "return transpose(out_grad)",
    ("Transpose.gradient", "first two by default"): """
        return transpose(out_grad, self.axes or (0, 1))
        """,
    ("Transpose.gradient", "reshapes"): "return reshape(out_grad, node.inputs[0].shape)",
    ("Transpose.gradient", "passes on"): "return out_grad",
    ("Reshape.gradient", "passes on"): "return out_grad",
    ("Reshape.gradient", "own shape"): "return reshape(out_grad, self.shape)",
    ("Reshape.gradient", "flat"): "return reshape(out_grad, (out_grad.numpy().size,))",
    ("BroadcastTo.gradient", "padded on the wrong side"): """
        shape = node.inputs[0].shape
        padded = list(shape) + [1] * (len(self.shape) - len(shape))
        axes = tuple(i for i, n in enumerate(self.shape) if padded[i] != n)
        return reshape(summation(out_grad, axes), shape) if axes else out_grad
        """,
    ("BroadcastTo.gradient", "stretched axes dropped"): """
        shape = node.inputs[0].shape
        added = len(self.shape) - len(shape)
        padded = [0] * added + list(shape)
        return summation(out_grad, tuple(i for i, n in enumerate(self.shape) if padded[i] != n))
        """,
    ("BroadcastTo.gradient", "new axes only"): """
        shape = node.inputs[0].shape
        return summation(out_grad, tuple(range(len(self.shape) - len(shape))))
        """,
    ("BroadcastTo.gradient", "stretched axes only"): """
        shape = node.inputs[0].shape
        axes = tuple(i for i, n in enumerate(shape) if n != self.shape[i])
        return reshape(summation(out_grad, axes), shape)
        """,
    ("BroadcastTo.gradient", "no axes taken for all"): """
        shape = node.inputs[0].shape
        padded = [1] * (len(self.shape) - len(shape)) + list(shape)
        axes = tuple(i for i, n in enumerate(self.shape) if padded[i] != n)
        if axes:
            return reshape(summation(out_grad, axes), shape)
        return broadcast_to(reshape(summation(out_grad, None), (1,) * len(shape)), shape)
        """,
    ("BroadcastTo.gradient", "finds new axes by their size"): """
        shape, axes, j = node.inputs[0].shape, [], 0
        for i, n in enumerate(self.shape):
            if j < len(shape) and shape[j] in (n, 1):
                if shape[j] != n:
                    axes.append(i)
                j += 1
            else:
                axes.append(i)
        return reshape(summation(out_grad, tuple(axes)), shape)
        """,
    ("BroadcastTo.gradient", "fails without axes"): """
        shape = node.inputs[0].shape
        last = shape[-1]
        return _sum_to_shape(out_grad, shape)
        """,
    ("BroadcastTo.gradient", "averages"): """
        shape = node.inputs[0].shape
        grad = _sum_to_shape(out_grad, shape)
        return grad * (grad.numpy().size / out_grad.numpy().size)
        """,
    ("Summation.gradient", "finds axes by their size"): """
        shape, kept, j = node.inputs[0].shape, [], 0
        for n in shape:
            if j < len(out_grad.shape) and out_grad.shape[j] == n:
                kept.append(n)
                j += 1
            else:
                kept.append(1)
        return broadcast_to(reshape(out_grad, tuple(kept)), shape)
        """,
    ("Summation.gradient", "without a reshape"): """
        return broadcast_to(out_grad, node.inputs[0].shape)
        """,
    ("Summation.gradient", "negative axes"): """
        shape = node.inputs[0].shape
        axes = range(len(shape)) if self.axes is None else self.axes
        axes = (axes,) if isinstance(axes, int) else axes
        kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
        return broadcast_to(reshape(out_grad, kept), shape)
        """,
    ("Summation.gradient", "tuples only"): """
        shape = node.inputs[0].shape
        kept = list(shape)
        for axis in range(len(shape)) if self.axes is None else self.axes:
            kept[axis] = 1
        return broadcast_to(reshape(out_grad, tuple(kept)), shape)
        """,
    ("Summation.gradient", "takes axis 0 for none"): """
        shape = node.inputs[0].shape
        axes = self.axes or range(len(shape))
        kept = list(shape)
        for axis in (axes,) if isinstance(axes, int) else axes:
            kept[axis] = 1
        return broadcast_to(reshape(out_grad, tuple(kept)), shape)
        """,
    ("Summation.gradient", "first axis of a tuple only"): """
        shape = node.inputs[0].shape
        kept = list(shape)
        if self.axes is None:
            kept = [1] * len(shape)
        else:
            kept[self.axes if isinstance(self.axes, int) else self.axes[0]] = 1
        return broadcast_to(reshape(out_grad, tuple(kept)), shape)
        """,
    ("Summation.gradient", "averages"): """
        shape = node.inputs[0].shape
        kept = array_api.zeros(shape).sum(axis=self.axes, keepdims=True)
        full = broadcast_to(reshape(out_grad, kept.shape), shape)
        return full * (kept.size / array_api.zeros(shape).size)
        """,
    ("MatMul.gradient", "batches not summed"): """
        a, b = node.inputs
        return out_grad @ transpose(b), transpose(a) @ out_grad
        """,
    ("MatMul.gradient", "only missing batch axes summed"): """
        a, b = node.inputs
        grads = out_grad @ transpose(b), transpose(a) @ out_grad
        return tuple(
            summation(g, tuple(range(len(g.shape) - len(x.shape))))
            for g, x in zip(grads, (a, b))
        )
        """,
    ("MatMul.gradient", "right side not summed"): """
        a, b = node.inputs
        return _sum_to_shape(out_grad @ transpose(b), a.shape), transpose(a) @ out_grad
        """,
    ("MatMul.gradient", "left side not summed"): """
        a, b = node.inputs
        return out_grad @ transpose(b), _sum_to_shape(transpose(a) @ out_grad, b.shape)
        """,
    ("MatMul.gradient", "first axes transposed"): """
        a, b = node.inputs
        return out_grad @ transpose(b, (0, 1)), transpose(a, (0, 1)) @ out_grad
        """,
    ("MatMul.gradient", "not transposed"): """
        a, b = node.inputs
        return out_grad @ b, a @ out_grad
        """,
    ("MatMul.gradient", "batch axes of size one dropped"): """
        a, b = node.inputs
        grads = out_grad @ transpose(b), transpose(a) @ out_grad
        summed = []
        for g, x in zip(grads, (a, b)):
            padded = (0,) * (len(g.shape) - len(x.shape)) + x.shape
            axes = tuple(i for i, n in enumerate(g.shape) if n != padded[i])
            summed.append(summation(g, axes) if axes else g)
        return tuple(summed)
        """,
    ("MatMul.gradient", "one gradient only"): """
        a, b = node.inputs
        return _sum_to_shape(out_grad @ transpose(b), a.shape)
        """,
    ("Negate.gradient", "passes on"): "return out_grad",
    ("Log.gradient", "multiplies"): "return out_grad * node.inputs[0]",
    ("Log.gradient", "divides by the logarithm"): "return out_grad / node",
    ("Log.gradient", "arrays"): "return Tensor(out_grad.numpy() / node.inputs[0].numpy())",
    ("Exp.gradient", "of the input"): "return out_grad * node.inputs[0]",
    ("Exp.gradient", "passes on"): "return out_grad",
    ("Exp.gradient", "arrays"): "return Tensor(out_grad.numpy() * node.numpy())",
    ("ReLU.gradient", "one at zero"): """
        a = node.inputs[0].realize_cached_data()
        return out_grad * Tensor((a >= 0).astype(a.dtype))
        """,
    ("ReLU.gradient", "mask of the adjoint"): """
        g = out_grad.realize_cached_data()
        return out_grad * Tensor((g > 0).astype(g.dtype))
        """,
    ("ReLU.gradient", "passes on"): "return out_grad",
    ("ReLU.gradient", "leaks float64"): """
        a = node.inputs[0].realize_cached_data()
        return out_grad * Tensor((a > 0).astype('float64'))
        """,
    ("ReLU.gradient", "of the input"): "return out_grad * relu(node.inputs[0])",
}
