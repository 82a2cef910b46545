"""Mistakes in initializers, LogSumExp, and LogSoftmax."""

from __future__ import annotations

#: (function, mistake) -> its body
INIT = {
    ("xavier_uniform", "fan_in only"): """
        a = gain * math.sqrt(6 / fan_in)
        return rand(fan_in, fan_out, low=-a, high=a, **kwargs)
        """,
    ("xavier_uniform", "average of the fans"): """
        a = gain * math.sqrt(6 / ((fan_in + fan_out) / 2))
        return rand(fan_in, fan_out, low=-a, high=a, **kwargs)
        """,
    ("xavier_uniform", "ignores gain"): """
        a = math.sqrt(6 / (fan_in + fan_out))
        return rand(fan_in, fan_out, low=-a, high=a, **kwargs)
        """,
    ("xavier_uniform", "gain inside the root"): """
        a = math.sqrt(gain * 6 / (fan_in + fan_out))
        return rand(fan_in, fan_out, low=-a, high=a, **kwargs)
        """,
    ("xavier_uniform", "shape swapped"): """
        a = gain * math.sqrt(6 / (fan_in + fan_out))
        return rand(fan_out, fan_in, low=-a, high=a, **kwargs)
        """,
    ("xavier_uniform", "positive only"): """
        a = gain * math.sqrt(6 / (fan_in + fan_out))
        return rand(fan_in, fan_out, low=0, high=a, **kwargs)
        """,
    ("xavier_uniform", "ignores options"): """
        a = gain * math.sqrt(6 / (fan_in + fan_out))
        return rand(fan_in, fan_out, low=-a, high=a)
        """,
    ("xavier_uniform", "leaks float64"): """
        import numpy as np
        a = gain * np.sqrt(6 / (fan_in + fan_out))
        u = rand(fan_in, fan_out, **kwargs)
        u.cached_data = u.cached_data * 2 * a - a
        return u
        """,
    ("xavier_normal", "variance for deviation"): """
        std = gain * (2 / (fan_in + fan_out))
        return randn(fan_in, fan_out, std=std, **kwargs)
        """,
    ("xavier_normal", "ignores gain"): """
        return randn(fan_in, fan_out, std=math.sqrt(2 / (fan_in + fan_out)), **kwargs)
        """,
    ("xavier_normal", "number of weights"): """
        std = gain * math.sqrt(2 / (fan_in * fan_out))
        return randn(fan_in, fan_out, std=std, **kwargs)
        """,
    ("xavier_normal", "draws twice"): """
        std = gain * math.sqrt(2 / (fan_in + fan_out))
        randn(fan_in, fan_out)
        return randn(fan_in, fan_out, std=std, **kwargs)
        """,
    ("xavier_normal", "ignores dtype"): """
        kwargs.pop("dtype", None)
        std = gain * math.sqrt(2 / (fan_in + fan_out))
        return randn(fan_in, fan_out, std=std, **kwargs)
        """,
    ("kaiming_uniform", "fan_out"): """
        b = math.sqrt(6 / fan_out)
        return rand(fan_in, fan_out, low=-b, high=b, **kwargs)
        """,
    ("kaiming_uniform", "no gain"): """
        b = math.sqrt(3 / fan_in)
        return rand(fan_in, fan_out, low=-b, high=b, **kwargs)
        """,
    ("kaiming_uniform", "both fans"): """
        b = math.sqrt(2) * math.sqrt(3 / (fan_in + fan_out))
        return rand(fan_in, fan_out, low=-b, high=b, **kwargs)
        """,
    ("kaiming_uniform", "normal"): """
        return randn(fan_in, fan_out, std=math.sqrt(2 / fan_in), **kwargs)
        """,
    ("kaiming_uniform", "always needs a gradient"): """
        b = math.sqrt(6 / fan_in)
        return rand(fan_in, fan_out, low=-b, high=b, **{**kwargs, "requires_grad": True})
        """,
    ("kaiming_normal", "no root"): """
        return randn(fan_in, fan_out, std=math.sqrt(2) / fan_in, **kwargs)
        """,
    ("kaiming_normal", "no gain"): """
        return randn(fan_in, fan_out, std=1 / math.sqrt(fan_in), **kwargs)
        """,
    ("kaiming_normal", "cut off"): """
        import numpy as np
        z = randn(fan_in, fan_out, **kwargs)
        z.cached_data = np.clip(z.cached_data, -2, 2)
        return z * math.sqrt(2 / fan_in)
        """,
    ("kaiming_normal", "row by row of another order"): """
        out = randn(fan_out, fan_in, std=math.sqrt(2 / fan_in), **kwargs)
        out.cached_data = out.cached_data.T
        return out
        """,
}

#: what the gradient of LogSumExp starts with
_SHAPE = """
        (a,) = node.inputs
        axes = range(len(a.shape)) if self.axes is None else self.axes
        axes = (axes,) if isinstance(axes, int) else tuple(axes)
        kept = tuple(1 if i in axes else n for i, n in enumerate(a.shape))
        """


def _with_shape(body: str) -> str:
    return _SHAPE.rstrip(" ") + body.lstrip("\n")


LOGARITHMIC = {
    ("LogSumExp.compute", "may overflow"): """
        return array_api.log(array_api.exp(Z).sum(axis=self.axes))
        """,
    ("LogSumExp.compute", "maximum of everything"): """
        most = Z.max()
        return array_api.log(array_api.exp(Z - most).sum(axis=self.axes)) + most
        """,
    ("LogSumExp.compute", "keeps the axes"): """
        most = Z.max(axis=self.axes, keepdims=True)
        total = array_api.exp(Z - most).sum(axis=self.axes, keepdims=True)
        return array_api.log(total) + most
        """,
    ("LogSumExp.compute", "forgets the maximum"): """
        most = Z.max(axis=self.axes, keepdims=True)
        return array_api.log(array_api.exp(Z - most).sum(axis=self.axes))
        """,
    ("LogSumExp.compute", "averages"): """
        most = Z.max(axis=self.axes, keepdims=True)
        total = array_api.exp(Z - most).mean(axis=self.axes)
        return array_api.log(total) + most.reshape(total.shape)
        """,
    ("LogSumExp.compute", "takes axis 0 for none"): """
        axes = self.axes or None
        most = Z.max(axis=axes, keepdims=True)
        total = array_api.exp(Z - most).sum(axis=axes)
        return array_api.log(total) + most.reshape(total.shape)
        """,
    ("LogSumExp.compute", "first axis only"): """
        axes = self.axes[0] if isinstance(self.axes, tuple) else self.axes
        most = Z.max(axis=axes, keepdims=True)
        total = array_api.exp(Z - most).sum(axis=axes)
        return array_api.log(total) + most.reshape(total.shape)
        """,
    ("LogSumExp.compute", "squeezes"): """
        most = Z.max(axis=self.axes, keepdims=True)
        total = array_api.exp(Z - most).sum(axis=self.axes, keepdims=True)
        return array_api.squeeze(array_api.log(total) + most)
        """,
    ("LogSumExp.compute", "leaks float64"): """
        Z = Z.astype("float64")
        most = Z.max(axis=self.axes, keepdims=True)
        total = array_api.exp(Z - most).sum(axis=self.axes)
        return array_api.log(total) + most.reshape(total.shape)
        """,
    ("LogSumExp.compute", "always float32"): """
        Z = Z.astype("float32")
        most = Z.max(axis=self.axes, keepdims=True)
        total = array_api.exp(Z - most).sum(axis=self.axes)
        return array_api.log(total) + most.reshape(total.shape)
        """,
    ("LogSumExp.compute", "in place"): """
        most = Z.max(axis=self.axes, keepdims=True)
        Z -= most
        total = array_api.exp(Z).sum(axis=self.axes)
        return array_api.log(total) + most.reshape(total.shape)
        """,
    ("LogSumExp.gradient", "without the adjoint"): _with_shape("""
        return exp(a - broadcast_to(reshape(node, kept), a.shape))
        """),
    ("LogSumExp.gradient", "may overflow"): _with_shape("""
        e = exp(a)
        total = broadcast_to(reshape(summation(e, axes), kept), a.shape)
        return broadcast_to(reshape(out_grad, kept), a.shape) * e / total
        """),
    ("LogSumExp.gradient", "maximum of everything"): _with_shape("""
        e = exp(a + (-a.realize_cached_data().max().item()))
        total = broadcast_to(reshape(summation(e, axes), kept), a.shape)
        return broadcast_to(reshape(out_grad, kept), a.shape) * e / total
        """),
    ("LogSumExp.gradient", "axes at the end"): """
        (a,) = node.inputs
        shape = tuple(node.shape) + (1,) * (len(a.shape) - len(node.shape))
        grad = broadcast_to(reshape(out_grad, shape), a.shape)
        return grad * exp(a - broadcast_to(reshape(node, shape), a.shape))
        """,
    ("LogSumExp.gradient", "axes at the front"): """
        (a,) = node.inputs
        grad = broadcast_to(out_grad, a.shape)
        return grad * exp(a - broadcast_to(node, a.shape))
        """,
    ("LogSumExp.gradient", "tuples only"): """
        (a,) = node.inputs
        axes = range(len(a.shape)) if self.axes is None else self.axes
        kept = tuple(1 if i in axes else n for i, n in enumerate(a.shape))
        grad = broadcast_to(reshape(out_grad, kept), a.shape)
        return grad * exp(a - broadcast_to(reshape(node, kept), a.shape))
        """,
    ("LogSumExp.gradient", "axes from small to large only"): """
        (a,) = node.inputs
        axes = range(len(a.shape)) if self.axes is None else self.axes
        axes = (axes,) if isinstance(axes, int) else axes
        kept = list(node.shape)
        for axis in axes:
            kept.insert(axis, 1)
        grad = broadcast_to(reshape(out_grad, kept), a.shape)
        return grad * exp(a - broadcast_to(reshape(node, kept), a.shape))
        """,
    ("LogSumExp.gradient", "axes found by their sizes"): """
        (a,) = node.inputs
        kept, left = [], list(node.shape)
        for size in a.shape:
            kept.append(left.pop(0) if left and left[0] == size else 1)
        grad = broadcast_to(reshape(out_grad, tuple(kept)), a.shape)
        return grad * exp(a - broadcast_to(reshape(node, tuple(kept)), a.shape))
        """,
    ("LogSumExp.gradient", "arrays"): _with_shape("""
        softmax = Tensor(exp(a - broadcast_to(reshape(node, kept), a.shape)).numpy())
        return broadcast_to(reshape(out_grad, kept), a.shape) * softmax
        """),
    ("LogSoftmax.compute", "may overflow"): """
        total = array_api.exp(Z).sum(axis=1, keepdims=True)
        return Z - array_api.log(total)
        """,
    ("LogSoftmax.compute", "maximum of everything"): """
        Z = Z - Z.max()
        return Z - array_api.log(array_api.exp(Z).sum(axis=1, keepdims=True))
        """,
    ("LogSoftmax.compute", "columns"): """
        Z = Z - Z.max(axis=0, keepdims=True)
        return Z - array_api.log(array_api.exp(Z).sum(axis=0, keepdims=True))
        """,
    ("LogSoftmax.compute", "softmax"): """
        e = array_api.exp(Z - Z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
        """,
    ("LogSoftmax.compute", "logarithm of softmax"): """
        e = array_api.exp(Z - Z.max(axis=1, keepdims=True))
        return array_api.log(e / e.sum(axis=1, keepdims=True))
        """,
    ("LogSoftmax.compute", "over everything"): """
        Z = Z - Z.max()
        return Z - array_api.log(array_api.exp(Z).sum())
        """,
    ("LogSoftmax.compute", "leaks float64"): """
        Z = Z.astype("float64")
        Z = Z - Z.max(axis=1, keepdims=True)
        return Z - array_api.log(array_api.exp(Z).sum(axis=1, keepdims=True))
        """,
    ("LogSoftmax.gradient", "no sum"): "return out_grad - exp(node) * out_grad",
    ("LogSoftmax.gradient", "adjoint of ones"): """
        return out_grad - exp(node) * node.shape[1]
        """,
    ("LogSoftmax.gradient", "adjoint of one column"): "return out_grad - exp(node)",
    ("LogSoftmax.gradient", "sums over columns"): """
        total = broadcast_to(reshape(summation(out_grad, 0), (1, node.shape[1])), node.shape)
        return out_grad - exp(node) * total
        """,
    ("LogSoftmax.gradient", "softmax may overflow"): """
        (a,) = node.inputs
        rows = (a.shape[0], 1)
        e = exp(a)
        softmax = e / broadcast_to(reshape(summation(e, 1), rows), a.shape)
        total = broadcast_to(reshape(summation(out_grad, 1), rows), a.shape)
        return out_grad - softmax * total
        """,
    ("LogSoftmax.gradient", "arrays"): """
        total = broadcast_to(reshape(summation(out_grad, 1), (node.shape[0], 1)), node.shape)
        return out_grad - Tensor(exp(node).numpy()) * total
        """,
}
