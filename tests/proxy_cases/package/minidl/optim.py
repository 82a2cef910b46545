"""Optimizers."""


class SGD:
    def __init__(self, params, lr=0.01, momentum=0.0):
        self.params = params
        self.lr = lr
        self.momentum = momentum
        self.u = {}

    def step(self):
        for p in self.params:
            if getattr(p, "grad", None) is None:
                continue
            u = self.momentum * self.u[p] + (1 - self.momentum) * p.grad.data if p in self.u else p.grad.data * (1 - self.momentum)
            self.u[p] = u.detach()
            step = (p.data - self.lr * self.u[p]).realize_cached_data().astype(p.dtype)
            p.data = type(p.data).make_const(step)

    def reset_grad(self):
        for p in self.params:
            p.grad = None
