"""Right solutions of homework 2 that differ from the reference in how they are written.

Each rounds otherwise than the reference, draws the same numbers, and has to pass all tests.
"""

from __future__ import annotations

from tests.mutants.edit import Mutant

_NN = "python/needle/nn/nn_basic.py"
_OPTIM = "python/needle/optim.py"

_BODIES = {
    (_NN, "Linear.forward"): """
        out = X @ self.weight
        return out if self.bias is None else out + ops.broadcast_to(self.bias, out.shape)
        """,
    (_NN, "Flatten.forward"): "return ops.reshape(X, (X.shape[0], -1))",
    (_NN, "SoftmaxLoss.forward"): """
        y_one_hot = init.one_hot(logits.shape[1], y)
        total = ops.summation(ops.logsumexp(logits, axes=(1,)))
        return (total - ops.summation(logits * y_one_hot)) / logits.shape[0]
        """,
    (_NN, "BatchNorm1d.forward"): """
        if self.training:
            mean = ops.summation(x, axes=(0,)) / x.shape[0]
            difference = x - ops.broadcast_to(ops.reshape(mean, (1, self.dim)), x.shape)
            var = ops.summation(difference**2, axes=0) / x.shape[0]
            m = self.momentum
            self.running_mean = (1 - m) * self.running_mean + m * mean.data
            self.running_var = ((1 - m) * self.running_var + m * var.data).detach()
        else:
            mean, var = self.running_mean, self.running_var
        mean = ops.broadcast_to(ops.reshape(mean, (1, self.dim)), x.shape)
        deviation = ops.power_scalar(var + self.eps, 0.5)
        deviation = ops.broadcast_to(ops.reshape(deviation, (1, self.dim)), x.shape)
        weight, bias = (
            ops.broadcast_to(ops.reshape(p, (1, self.dim)), x.shape)
            for p in (self.weight, self.bias)
        )
        return weight * (x - mean) / deviation + bias
        """,
    (_NN, "LayerNorm1d.forward"): """
        def wide(column):
            return ops.broadcast_to(ops.reshape(column, (x.shape[0], 1)), x.shape)

        difference = x - wide(ops.summation(x, axes=1) / x.shape[1])
        var = wide(ops.summation(difference**2, axes=1) / x.shape[1])
        weight, bias = (
            ops.broadcast_to(ops.reshape(p, (1, self.dim)), x.shape)
            for p in (self.weight, self.bias)
        )
        return weight * difference / (var + self.eps) ** 0.5 + bias
        """,
    (_NN, "Dropout.forward"): """
        if self.training:
            mask = init.randb(*x.shape, p=1 - self.p, dtype=x.dtype)
            return mask * x / (1 - self.p)
        return x
        """,
    (_NN, "Residual.forward"): "return x + self.fn(x)",
    (_OPTIM, "SGD.step"): """
        for p in self.params:
            if p.grad is None:
                continue
            grad = p.grad.detach() + self.weight_decay * p.detach()
            self.u[p] = self.momentum * self.u.get(p, 0) + (1 - self.momentum) * grad
            p.data = p.detach() - self.lr * self.u[p].detach()
        """,
    (_OPTIM, "Adam.step"): """
        self.t += 1
        for p in self.params:
            if p.grad is None:
                continue
            grad = p.grad.detach() + self.weight_decay * p.detach()
            self.m[p] = self.beta1 * self.m.get(p, 0) + (1 - self.beta1) * grad
            self.v[p] = self.beta2 * self.v.get(p, 0) + (1 - self.beta2) * grad * grad
            m = self.m[p] / (1 - self.beta1**self.t)
            v = self.v[p] / (1 - self.beta2**self.t)
            p.data = p.detach() - self.lr * m / (v**0.5 + self.eps)
        """,
    ("python/needle/ops/ops_logarithmic.py", "LogSoftmax.gradient"): """
        softmax = exp(node)
        total = summation(out_grad, axes=(1,)).reshape((node.shape[0], 1))
        return out_grad - total.broadcast_to(node.shape) * softmax
        """,
    ("python/needle/data/data_basic.py", "DataLoader.__iter__"): """
        if self.shuffle:
            order = np.arange(len(self.dataset))
            np.random.shuffle(order)
            self.ordering = self._split(order)
        self.batches = iter(self.ordering)
        return self
        """,
    ("python/needle/data/data_basic.py", "DataLoader.__next__"): """
        samples = [self.dataset[int(i)] for i in next(self.batches)]
        return [Tensor(np.stack(field)) for field in zip(*samples)]
        """,
    ("python/needle/data/datasets/mnist_dataset.py", "MNISTDataset.__getitem__"): """
        X = self.X[index].reshape(-1, 28, 28, 1)
        X = np.stack([self.apply_transforms(x) for x in X])
        return X.reshape(self.X[index].shape), self.y[index]
        """,
    ("apps/mlp_resnet.py", "MLPResNet"): """
        modules = [nn.Flatten(), nn.Linear(dim, hidden_dim), nn.ReLU()]
        for _ in range(num_blocks):
            modules.append(
                ResidualBlock(hidden_dim, hidden_dim // 2, drop_prob=drop_prob, norm=norm)
            )
        modules.append(nn.Linear(hidden_dim, num_classes))
        return nn.Sequential(*modules)
        """,
    ("apps/mlp_resnet.py", "epoch"): """
        np.random.seed(4)
        model.train() if opt is not None else model.eval()
        wrong, losses = [], []
        for X, y in dataloader:
            out = model(X)
            loss = nn.SoftmaxLoss()(out, y)
            wrong.append((out.numpy().argmax(1) != y.numpy()).astype(float))
            losses.append(np.full(y.shape, loss.numpy()))
            if opt is not None:
                opt.reset_grad()
                loss.backward()
                opt.step()
        return np.concatenate(wrong).mean(), np.concatenate(losses).mean()
        """,
}

OTHERWISE = tuple(
    Mutant(name=where, file=file, where=where, body=body, caught_by="")
    for (file, where), body in _BODIES.items()
)
