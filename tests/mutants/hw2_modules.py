"""Mistakes in modules."""

from __future__ import annotations

_LINEAR = """
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        where = {"device": device, "dtype": dtype}
        """


def _linear(body: str) -> str:
    return _LINEAR.rstrip(" ") + body.lstrip("\n")


LAYERS = {
    ("Linear.__init__", "bias of one axis"): _linear("""
        self.weight = Parameter(init.kaiming_uniform(in_features, out_features, **where))
        column = init.kaiming_uniform(out_features, 1, **where)
        self.bias = Parameter(column.reshape((out_features,))) if bias else None
        """),
    ("Linear.__init__", "fan-in of the bias"): _linear("""
        self.weight = Parameter(init.kaiming_uniform(in_features, out_features, **where))
        row = init.kaiming_uniform(1, out_features, **where)
        self.bias = Parameter(row) if bias else None
        """),
    ("Linear.__init__", "bias of zeros"): _linear("""
        self.weight = Parameter(init.kaiming_uniform(in_features, out_features, **where))
        self.bias = Parameter(init.zeros(1, out_features, **where)) if bias else None
        """),
    ("Linear.__init__", "bias drawn first"): _linear("""
        self.bias = None
        if bias:
            column = init.kaiming_uniform(out_features, 1, **where)
            self.bias = Parameter(column.reshape((1, out_features)))
        self.weight = Parameter(init.kaiming_uniform(in_features, out_features, **where))
        """),
    ("Linear.__init__", "bias drawn in any case"): _linear("""
        self.weight = Parameter(init.kaiming_uniform(in_features, out_features, **where))
        column = init.kaiming_uniform(out_features, 1, **where)
        self.bias = Parameter(column.reshape((1, out_features))) if bias else None
        """),
    ("Linear.__init__", "always a bias"): _linear("""
        self.weight = Parameter(init.kaiming_uniform(in_features, out_features, **where))
        column = init.kaiming_uniform(out_features, 1, **where)
        self.bias = Parameter(column.reshape((1, out_features)))
        """),
    ("Linear.__init__", "weight is no parameter"): _linear("""
        self.weight = init.kaiming_uniform(in_features, out_features, requires_grad=True, **where)
        column = init.kaiming_uniform(out_features, 1, **where)
        self.bias = Parameter(column.reshape((1, out_features))) if bias else None
        """),
    ("Linear.__init__", "another initializer"): _linear("""
        self.weight = Parameter(init.xavier_uniform(in_features, out_features, **where))
        column = init.kaiming_uniform(out_features, 1, **where)
        self.bias = Parameter(column.reshape((1, out_features))) if bias else None
        """),
    ("Linear.__init__", "ignores dtype"): _linear("""
        self.weight = Parameter(init.kaiming_uniform(in_features, out_features))
        column = init.kaiming_uniform(out_features, 1)
        self.bias = Parameter(column.reshape((1, out_features))) if bias else None
        """),
    ("Linear.__init__", "bias of float64"): _linear("""
        self.weight = Parameter(init.kaiming_uniform(in_features, out_features, **where))
        column = init.kaiming_uniform(out_features, 1, device=device, dtype="float64")
        self.bias = Parameter(column.reshape((1, out_features))) if bias else None
        """),
    ("Linear.forward", "forgets the bias"): "return X @ self.weight",
    ("Linear.forward", "no bias, no output"): """
        out = X @ self.weight
        return out + self.bias.broadcast_to(out.shape)
        """,
    ("Linear.forward", "matrices only"): """
        out = X @ self.weight
        if self.bias is not None:
            out = out + self.bias.broadcast_to((X.shape[0], self.out_features))
        return out
        """,
    ("Linear.forward", "bias of two axes only"): """
        out = X @ self.weight
        if self.bias is None:
            return out
        return out + self.bias.transpose().reshape(self.bias.shape[::-1][:2]).reshape(
            (1, self.bias.shape[1])
        ).broadcast_to(out.shape)
        """,
    ("Linear.forward", "bias outside the graph"): """
        out = X @ self.weight
        if self.bias is None:
            return out
        return out + self.bias.detach().broadcast_to(out.shape)
        """,
    ("Linear.forward", "leans on NumPy to broadcast"): """
        out = X @ self.weight
        return out if self.bias is None else out + self.bias
        """,
    ("Linear.forward", "keeps its first weights"): """
        if not hasattr(self, "first"):
            self.first = self.weight.detach()
        out = X @ self.first
        return out if self.bias is None else out + self.bias.broadcast_to(out.shape)
        """,
    ("Linear.forward", "bias twice"): """
        out = X @ self.weight
        if self.bias is None:
            return out
        return out + self.bias.broadcast_to(out.shape) * 2
        """,
    ("Flatten.forward", "everything"): "return X.reshape((prod(X.shape),))",
    ("Flatten.forward", "keeps the last axis"): """
        return X.reshape((prod(X.shape[:-1]), X.shape[-1]))
        """,
    ("Flatten.forward", "two axes only"): """
        return X.reshape((X.shape[0], X.shape[1] * (X.shape[2] if len(X.shape) > 2 else 1)))
        """,
    ("Flatten.forward", "other order"): """
        if len(X.shape) > 2:
            X = X.transpose((1, 2))
        return X.reshape((X.shape[0], prod(X.shape[1:])))
        """,
    ("Flatten.forward", "axes swapped"): "return X.reshape((prod(X.shape[1:]), X.shape[0]))",
    ("ReLU.forward", "identity"): "return x",
    ("ReLU.forward", "absolute value"): "return ops.relu(x) + ops.relu(-x)",
    ("ReLU.forward", "outside the graph"): "return ops.relu(x.detach())",
    ("Sequential.forward", "last first"): """
        for module in reversed(self.modules):
            x = module(x)
        return x
        """,
    ("Sequential.forward", "without the last"): """
        for module in self.modules[:-1]:
            x = module(x)
        return x
        """,
    ("Sequential.forward", "each on the input"): """
        for module in self.modules:
            y = module(x)
        return y
        """,
    ("Sequential.forward", "no module twice"): """
        seen = []
        for module in self.modules:
            if module not in seen:
                seen.append(module)
                x = module(x)
        return x
        """,
    ("Residual.forward", "forgets the input"): "return self.fn(x)",
    ("Residual.forward", "twice"): "return self.fn(x) + self.fn(x)",
    ("Residual.forward", "subtracts"): "return self.fn(x) - x",
    ("Residual.forward", "input outside the graph"): "return self.fn(x) + x.detach()",
}

_LOSS = """
        batch, classes = logits.shape
        y_one_hot = init.one_hot(classes, y, device=logits.device, dtype=logits.dtype)
        """


def _loss(body: str) -> str:
    return _LOSS.rstrip(" ") + body.lstrip("\n")


SOFTMAX_LOSS = {
    ("SoftmaxLoss.forward", "sum"): _loss("""
        return (ops.logsumexp(logits, axes=(1,)) - (logits * y_one_hot).sum(axes=(1,))).sum()
        """),
    ("SoftmaxLoss.forward", "each example"): _loss("""
        return ops.logsumexp(logits, axes=(1,)) - (logits * y_one_hot).sum(axes=(1,))
        """),
    ("SoftmaxLoss.forward", "divided by classes"): _loss("""
        losses = ops.logsumexp(logits, axes=(1,)) - (logits * y_one_hot).sum(axes=(1,))
        return losses.sum() / classes
        """),
    ("SoftmaxLoss.forward", "divided by elements"): _loss("""
        losses = ops.logsumexp(logits, axes=(1,)) - (logits * y_one_hot).sum(axes=(1,))
        return losses.sum() / (batch * classes)
        """),
    ("SoftmaxLoss.forward", "half of it averaged"): _loss("""
        return ops.logsumexp(logits, axes=(1,)).sum() / batch - (logits * y_one_hot).sum()
        """),
    ("SoftmaxLoss.forward", "may overflow"): _loss("""
        losses = ops.log(ops.exp(logits).sum(axes=(1,))) - (logits * y_one_hot).sum(axes=(1,))
        return losses.sum() / batch
        """),
    ("SoftmaxLoss.forward", "over the batch"): _loss("""
        return (ops.logsumexp(logits, axes=(0,)).sum() - (logits * y_one_hot).sum()) / batch
        """),
    ("SoftmaxLoss.forward", "classes of the labels"): """
        batch = logits.shape[0]
        y_one_hot = init.one_hot(int(y.numpy().max()) + 1, y, dtype=logits.dtype)
        losses = ops.logsumexp(logits, axes=(1,)) - (logits * y_one_hot).sum(axes=(1,))
        return losses.sum() / batch
        """,
    ("SoftmaxLoss.forward", "as many classes as examples"): """
        batch = logits.shape[0]
        y_one_hot = init.one_hot(batch, y, dtype=logits.dtype)
        losses = ops.logsumexp(logits, axes=(1,)) - (logits * y_one_hot).sum(axes=(1,))
        return losses.sum() / batch
        """,
    ("SoftmaxLoss.forward", "leaks float64"): _loss("""
        losses = ops.logsumexp(logits, axes=(1,)) - (logits * y_one_hot).sum(axes=(1,))
        return losses.sum() / Tensor(float(batch), dtype="float64")
        """),
    ("SoftmaxLoss.forward", "one-hot labels of float64"): """
        import numpy as np
        batch, classes = logits.shape
        y_one_hot = Tensor(np.eye(classes)[y.numpy().astype(int)])
        losses = ops.logsumexp(logits, axes=(1,)) - (logits * y_one_hot).sum(axes=(1,))
        return losses.sum() / batch
        """,
    ("SoftmaxLoss.forward", "an axis left"): _loss("""
        losses = ops.logsumexp(logits, axes=(1,)) - (logits * y_one_hot).sum(axes=(1,))
        return (losses.sum() / batch).reshape((1,))
        """),
    ("SoftmaxLoss.forward", "integer labels only"): """
        import numpy as np
        batch, classes = logits.shape
        y_one_hot = Tensor(np.eye(classes)[y.numpy()], dtype=logits.dtype)
        losses = ops.logsumexp(logits, axes=(1,)) - (logits * y_one_hot).sum(axes=(1,))
        return losses.sum() / batch
        """,
    ("SoftmaxLoss.forward", "sign"): _loss("""
        losses = (logits * y_one_hot).sum(axes=(1,)) - ops.logsumexp(logits, axes=(1,))
        return losses.sum() / batch
        """),
}

#: a right batch norm with holes: what is put in says what is wrong
_BATCH_NORM = """
        batch = x.shape[0]
        mean, var = self.running_mean, self.running_var
        if {training}:
            mean = {mean}
            centered = x - mean.broadcast_to(x.shape)
            var = {var}
            {update}
        else:
            centered = x - mean.broadcast_to(x.shape)
        deviation = ({deviation}).broadcast_to(x.shape)
        normal = centered / deviation
        {end}
        """
_UPDATE = """
self.running_mean = self.running_mean * (1 - {m}) + {mean} * {m}
            self.running_var = self.running_var * (1 - {m}) + {var} * {m}
        """


def _batch_norm(**changes: str) -> str:
    update = _UPDATE.format(
        m=changes.pop("m", "self.momentum"),
        mean=changes.pop("new_mean", "mean.detach()"),
        var=changes.pop("new_var", "var.detach()"),
    )
    parts = {
        "training": "self.training",
        "mean": "x.sum(axes=(0,)) / batch",
        "var": "(centered * centered).sum(axes=(0,)) / batch",
        "update": update.strip(),
        "deviation": "(var + self.eps) ** 0.5",
        "end": "return normal * self.weight.broadcast_to(x.shape)"
        " + self.bias.broadcast_to(x.shape)",
    }
    return _BATCH_NORM.format(**{**parts, **changes})


_LAYER_NORM = """
        column = (x.shape[0], 1)
        mean = ({mean}).reshape(column).broadcast_to(x.shape)
        centered = x - mean
        var = ({var}).reshape(column)
        normal = centered / ({deviation}).broadcast_to(x.shape)
        {end}
        """


def _layer_norm(**changes: str) -> str:
    parts = {
        "mean": "x.sum(axes=(1,)) / self.dim",
        "var": "(centered * centered).sum(axes=(1,)) / self.dim",
        "deviation": "(var + self.eps) ** 0.5",
        "end": "return normal * self.weight.broadcast_to(x.shape)"
        " + self.bias.broadcast_to(x.shape)",
    }
    return _LAYER_NORM.format(**{**parts, **changes})


_NORM = """
        super().__init__()
        self.dim, self.eps, self.momentum = dim, eps, momentum
        """

NORMALIZATION = {
    ("BatchNorm1d.__init__", "ignores dtype"): _NORM
    + """
        self.weight, self.bias = Parameter(init.ones(dim)), Parameter(init.zeros(dim))
        self.running_mean, self.running_var = init.zeros(dim), init.ones(dim)
        """,
    ("BatchNorm1d.__init__", "statistics are parameters"): _NORM
    + """
        where = {"device": device, "dtype": dtype}
        self.weight = Parameter(init.ones(dim, **where))
        self.bias = Parameter(init.zeros(dim, **where))
        self.running_mean = Parameter(init.zeros(dim, **where))
        self.running_var = Parameter(init.ones(dim, **where))
        """,
    ("BatchNorm1d.__init__", "parameters of two axes"): _NORM
    + """
        where = {"device": device, "dtype": dtype}
        self.weight = Parameter(init.ones(1, dim, **where))
        self.bias = Parameter(init.zeros(1, dim, **where))
        self.running_mean = init.zeros(dim, **where)
        self.running_var = init.ones(dim, **where)
        """,
    ("BatchNorm1d.__init__", "variance of zeros"): _NORM
    + """
        where = {"device": device, "dtype": dtype}
        self.weight = Parameter(init.ones(dim, **where))
        self.bias = Parameter(init.zeros(dim, **where))
        self.running_mean = init.zeros(dim, **where)
        self.running_var = init.zeros(dim, **where)
        """,
    ("BatchNorm1d.forward", "unbiased variance"): _batch_norm(
        var="(centered * centered).sum(axes=(0,)) / max(batch - 1, 1)"
    ),
    ("BatchNorm1d.forward", "unbiased running variance"): _batch_norm(
        new_var="(var.detach() * (batch / max(batch - 1, 1)))"
    ),
    ("BatchNorm1d.forward", "statistics never updated"): _batch_norm(update="pass"),
    ("BatchNorm1d.forward", "running variance never updated"): _batch_norm(
        update="self.running_mean = self.running_mean * (1 - self.momentum)"
        " + mean.detach() * self.momentum"
    ),
    ("BatchNorm1d.forward", "updated in evaluation"): _batch_norm(
        end="batch_mean = x.sum(axes=(0,)) / batch\n"
        "        if not self.training:\n"
        "            self.running_mean = self.running_mean * (1 - self.momentum)"
        " + batch_mean.detach() * self.momentum\n"
        "        return normal * self.weight.broadcast_to(x.shape)"
        " + self.bias.broadcast_to(x.shape)"
    ),
    ("BatchNorm1d.forward", "momentum the other way"): _batch_norm(m="(1 - self.momentum)"),
    ("BatchNorm1d.forward", "momentum of a tenth"): _batch_norm(m="0.1"),
    ("BatchNorm1d.forward", "mode ignored"): _batch_norm(training="True"),
    ("BatchNorm1d.forward", "running statistics in training"): _batch_norm(
        end="if self.training:\n"
        "            normal = (x - self.running_mean.broadcast_to(x.shape)) / "
        "((self.running_var + self.eps) ** 0.5).broadcast_to(x.shape)\n"
        "        return normal * self.weight.broadcast_to(x.shape)"
        " + self.bias.broadcast_to(x.shape)"
    ),
    ("BatchNorm1d.forward", "no weight and bias in evaluation"): _batch_norm(
        end="if not self.training:\n"
        "            return normal\n"
        "        return normal * self.weight.broadcast_to(x.shape)"
        " + self.bias.broadcast_to(x.shape)"
    ),
    ("BatchNorm1d.forward", "no weight"): _batch_norm(
        end="return normal + self.bias.broadcast_to(x.shape)"
    ),
    ("BatchNorm1d.forward", "no bias"): _batch_norm(
        end="return normal * self.weight.broadcast_to(x.shape)"
    ),
    ("BatchNorm1d.forward", "bias before weight"): _batch_norm(
        end="return (normal + self.bias.broadcast_to(x.shape)) * self.weight.broadcast_to(x.shape)"
    ),
    ("BatchNorm1d.forward", "graphs kept"): _batch_norm(new_mean="mean", new_var="var"),
    ("BatchNorm1d.forward", "graph of the mean kept"): _batch_norm(new_mean="mean"),
    ("BatchNorm1d.forward", "eps outside the root"): _batch_norm(deviation="var ** 0.5 + self.eps"),
    ("BatchNorm1d.forward", "no eps"): _batch_norm(deviation="var ** 0.5"),
    ("BatchNorm1d.forward", "eps of its own"): _batch_norm(deviation="(var + 1e-5) ** 0.5"),
    ("BatchNorm1d.forward", "no root"): _batch_norm(deviation="var + self.eps"),
    ("BatchNorm1d.forward", "mean of squares"): _batch_norm(
        var="(x * x).sum(axes=(0,)) / batch - mean * mean"
    ),
    ("BatchNorm1d.forward", "mean as a constant"): _batch_norm(
        mean="(x.sum(axes=(0,)) / batch).detach()"
    ),
    ("BatchNorm1d.forward", "variance as a constant"): _batch_norm(
        deviation="(var.detach() + self.eps) ** 0.5"
    ),
    ("BatchNorm1d.forward", "divided by features"): _batch_norm(mean="x.sum(axes=(0,)) / self.dim"),
    ("BatchNorm1d.forward", "variance divided by features"): _batch_norm(
        var="(centered * centered).sum(axes=(0,)) / self.dim"
    ),
    ("BatchNorm1d.forward", "last batch's statistics"): _batch_norm(
        update="self.running_mean, self.running_var = mean.detach(), var.detach()"
    ),
    ("BatchNorm1d.forward", "deviation remembered"): _batch_norm(
        new_var="((var + self.eps) ** 0.5).detach()"
    ),
    ("BatchNorm1d.forward", "leaks float64"): _batch_norm(
        new_mean="Tensor(mean.numpy().astype('float64'))",
        new_var="Tensor(var.numpy().astype('float64'))",
    ),
    ("LayerNorm1d.__init__", "ignores dtype"): """
        super().__init__()
        self.dim, self.eps = dim, eps
        self.weight, self.bias = Parameter(init.ones(dim)), Parameter(init.zeros(dim))
        """,
    ("LayerNorm1d.__init__", "weight of zeros"): """
        super().__init__()
        self.dim, self.eps = dim, eps
        self.weight = Parameter(init.zeros(dim, device=device, dtype=dtype))
        self.bias = Parameter(init.zeros(dim, device=device, dtype=dtype))
        """,
    ("LayerNorm1d.__init__", "no parameters"): """
        super().__init__()
        self.dim, self.eps = dim, eps
        self.weight = init.ones(dim, device=device, dtype=dtype)
        self.bias = init.zeros(dim, device=device, dtype=dtype)
        """,
    ("LayerNorm1d.forward", "unbiased variance"): _layer_norm(
        var="(centered * centered).sum(axes=(1,)) / max(self.dim - 1, 1)"
    ),
    ("LayerNorm1d.forward", "divided by the batch"): _layer_norm(
        mean="x.sum(axes=(1,)) / x.shape[0]"
    ),
    ("LayerNorm1d.forward", "mean of squares"): _layer_norm(
        var="(x * x).sum(axes=(1,)) / self.dim"
        " - (x.sum(axes=(1,)) / self.dim) * (x.sum(axes=(1,)) / self.dim)"
    ),
    ("LayerNorm1d.forward", "eps outside the root"): _layer_norm(deviation="var ** 0.5 + self.eps"),
    ("LayerNorm1d.forward", "no weight and bias"): _layer_norm(end="return normal"),
    ("LayerNorm1d.forward", "mean as a constant"): _layer_norm(
        mean="(x.sum(axes=(1,)) / self.dim).detach()"
    ),
    ("LayerNorm1d.forward", "variance as a constant"): _layer_norm(
        deviation="(var.detach() + self.eps) ** 0.5"
    ),
    ("LayerNorm1d.forward", "identity in evaluation"): _layer_norm(
        end="if not self.training:\n"
        "            return x\n"
        "        return normal * self.weight.broadcast_to(x.shape)"
        " + self.bias.broadcast_to(x.shape)"
    ),
    ("LayerNorm1d.forward", "columns"): """
        rows = x.shape[0]
        mean = (x.sum(axes=(0,)) / rows).broadcast_to(x.shape)
        centered = x - mean
        var = (centered * centered).sum(axes=(0,)) / rows
        normal = centered / ((var + self.eps) ** 0.5).broadcast_to(x.shape)
        return normal * self.weight.broadcast_to(x.shape) + self.bias.broadcast_to(x.shape)
        """,
    ("LayerNorm1d.forward", "leaks float64"): _layer_norm(
        end="normal.cached_data = normal.cached_data.astype('float64')\n"
        "        return normal * self.weight.broadcast_to(x.shape)"
        " + self.bias.broadcast_to(x.shape)"
    ),
    ("LayerNorm1d.forward", "outside the graph"): _layer_norm(
        end="return normal.detach() * self.weight.broadcast_to(x.shape)"
        " + self.bias.broadcast_to(x.shape)"
    ),
}

_KEPT = """
        if not self.training:
            return x
        kept = init.randb(*x.shape, p={p}, device=x.device, dtype=x.dtype)
        """


def _dropout(body: str, p: str = "1 - self.p") -> str:
    return _KEPT.format(p=p) + body


DROPOUT = {
    ("Dropout.forward", "not scaled"): _dropout("return x * kept"),
    ("Dropout.forward", "scaled by p"): _dropout("return x * kept / max(self.p, 1e-9)"),
    ("Dropout.forward", "multiplied"): _dropout("return x * kept * (1 - self.p)"),
    ("Dropout.forward", "p is kept"): _dropout("return x * kept / max(self.p, 1e-9)", p="self.p"),
    ("Dropout.forward", "in both modes"): """
        kept = init.randb(*x.shape, p=1 - self.p, device=x.device, dtype=x.dtype)
        return x * kept / (1 - self.p)
        """,
    ("Dropout.forward", "modes swapped"): """
        if self.training:
            return x
        kept = init.randb(*x.shape, p=1 - self.p, device=x.device, dtype=x.dtype)
        return x * kept / (1 - self.p)
        """,
    ("Dropout.forward", "scaled in evaluation"): """
        if not self.training:
            return x * (1 - self.p)
        return x * init.randb(*x.shape, p=1 - self.p, device=x.device, dtype=x.dtype)
        """,
    ("Dropout.forward", "small numbers are dropped"): """
        if not self.training:
            return x
        dropped = init.randb(*x.shape, p=self.p, device=x.device, dtype=x.dtype)
        return x * (1 + -1 * dropped) / (1 - self.p)
        """,
    ("Dropout.forward", "whole rows"): """
        if not self.training:
            return x
        shape = (x.shape[0],) + (1,) * (len(x.shape) - 1)
        kept = init.randb(*shape, p=1 - self.p, device=x.device, dtype=x.dtype)
        return x * kept.broadcast_to(x.shape) / (1 - self.p)
        """,
    ("Dropout.forward", "generator of its own"): """
        import numpy as np
        if not self.training:
            return x
        kept = np.random.default_rng(0).random(x.shape) <= 1 - self.p
        return x * Tensor(kept, dtype=x.dtype) / (1 - self.p)
        """,
    ("Dropout.forward", "the same each time"): """
        if not self.training:
            return x
        if getattr(self, "kept", None) is None or self.kept.shape != x.shape:
            self.kept = init.randb(*x.shape, p=1 - self.p, device=x.device, dtype=x.dtype)
        return x * self.kept / (1 - self.p)
        """,
    ("Dropout.forward", "outside the graph"): _dropout("return x.detach() * kept / (1 - self.p)"),
    ("Dropout.forward", "leaks float64"): """
        import numpy as np
        if not self.training:
            return x
        return x * Tensor(np.random.rand(*x.shape) <= 1 - self.p, dtype="float64") / (1 - self.p)
        """,
    ("Dropout.forward", "half"): """
        if not self.training:
            return x
        return x * init.randb(*x.shape, p=0.5, device=x.device, dtype=x.dtype) * 2
        """,
}
