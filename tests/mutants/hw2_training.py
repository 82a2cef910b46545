"""Mistakes in optimizers."""

from __future__ import annotations

_STEP = """
        for p in self.params:
            if getattr(p, "grad", None) is None:
                continue
            {body}
        """


def _step(body: str) -> str:
    return _STEP.format(body=body.strip())


#: where all is as it should be but for what stands in the holes
_SGD = """
g = {gradient}
            u = {direction}
            self.u[p] = u
            p.data = {new}
        """


def _sgd(
    gradient: str = "p.grad.data + p.data * self.weight_decay",
    direction: str = "(self.u[p] if p in self.u else p.data * 0) * self.momentum"
    " + g * (1 - self.momentum)",
    new: str = "p.data - u * self.lr",
) -> str:
    return _step(_SGD.format(gradient=gradient, direction=direction, new=new))


SGD = {
    ("SGD.step", "no weight decay"): _sgd(gradient="p.grad.data"),
    ("SGD.step", "weight decay of the step"): _sgd(
        gradient="p.grad.data", new="p.data - u * self.lr - p.data * self.weight_decay"
    ),
    ("SGD.step", "weight decay after momentum"): _sgd(
        gradient="p.grad.data", new="p.data - (u + p.data * self.weight_decay) * self.lr"
    ),
    ("SGD.step", "weight decay subtracted"): _sgd(
        gradient="p.grad.data - p.data * self.weight_decay"
    ),
    ("SGD.step", "gradients added up"): _sgd(
        direction="(self.u[p] if p in self.u else p.data * 0) * self.momentum + g"
    ),
    ("SGD.step", "starts with the gradient"): _sgd(
        direction="self.u[p] * self.momentum + g * (1 - self.momentum) if p in self.u else g"
    ),
    ("SGD.step", "no momentum"): _sgd(direction="g"),
    ("SGD.step", "momentum of the newest"): _sgd(
        direction="(self.u[p] if p in self.u else p.data * 0) * (1 - self.momentum)"
        " + g * self.momentum"
        " if self.momentum else g"
    ),
    ("SGD.step", "looks ahead"): _sgd(
        new="p.data - (u * self.momentum + g * (1 - self.momentum)) * self.lr"
    ),
    ("SGD.step", "uphill"): _sgd(new="p.data + u * self.lr"),
    ("SGD.step", "one state for all"): _step("""
g = p.grad.data + p.data * self.weight_decay
            u = g * (1 - self.momentum)
            if "u" in self.u and self.u["u"].shape == g.shape:
                u = u + self.u["u"] * self.momentum
            self.u["u"] = u
            p.data = p.data - u * self.lr
        """),
    ("SGD.step", "changes gradients"): _step("""
p.grad.cached_data += p.realize_cached_data() * self.weight_decay
            u = p.grad.data * (1 - self.momentum)
            if p in self.u:
                u = u + self.u[p] * self.momentum
            self.u[p] = u
            p.data = p.data - u * self.lr
        """),
    ("SGD.step", "replaces gradients"): _step("""
p.grad = p.grad.data + p.data * self.weight_decay
            u = p.grad * (1 - self.momentum)
            if p in self.u:
                u = u + self.u[p] * self.momentum
            self.u[p] = u
            p.data = p.data - u * self.lr
        """),
    ("SGD.step", "forgets gradients"): _sgd() + "    p.grad = None\n",
    ("SGD.step", "keeps the graph of directions"): _step("""
g = p.grad + p.data * self.weight_decay
            u = g * (1 - self.momentum)
            if p in self.u:
                u = u + self.u[p] * self.momentum
            self.u[p] = u
            p.data = (p - u * self.lr).data
        """),
    ("SGD.step", "keeps the graph of gradients"): _step("""
self.history = [*getattr(self, "history", []), p.grad]
            g = p.grad.data + p.data * self.weight_decay
            u = g * (1 - self.momentum)
            if p in self.u:
                u = u + self.u[p] * self.momentum
            self.u[p] = u
            p.data = p.data - u * self.lr
        """),
    ("SGD.step", "parameters become nodes"): _step("""
g = p.grad.data + p.data * self.weight_decay
            u = g * (1 - self.momentum)
            if p in self.u:
                u = u + self.u[p] * self.momentum
            self.u[p] = u
            new = p - u * self.lr
            p.op, p.inputs, p.cached_data = new.op, [p.detach(), new.inputs[1]], new.cached_data
        """),
    ("SGD.step", "gradients missed"): """
        for p in self.params:
            grad = p.grad.data if p.grad is not None else p.data * 0
            u = (grad + p.data * self.weight_decay) * (1 - self.momentum)
            if p in self.u:
                u = u + self.u[p] * self.momentum
            self.u[p] = u
            p.data = p.data - u * self.lr
        """,
    ("SGD.step", "gradients have to be there"): """
        for p in self.params:
            u = (p.grad.data + p.data * self.weight_decay) * (1 - self.momentum)
            if p in self.u:
                u = u + self.u[p] * self.momentum
            self.u[p] = u
            p.data = p.data - u * self.lr
        """,
    ("SGD.step", "leaks float64"): _sgd(
        new="Tensor.make_const((p.data - u * self.lr).numpy().astype('float64'))"
        " if False else Tensor(p.numpy() - u.numpy() * __import__('numpy').float64(self.lr))"
    ),
    ("SGD.step", "stops at the first without gradient"): """
        for p in self.params:
            if p.grad is None:
                break
            u = (p.grad.data + p.data * self.weight_decay) * (1 - self.momentum)
            if p in self.u:
                u = u + self.u[p] * self.momentum
            self.u[p] = u
            p.data = p.data - u * self.lr
        """,
}

_ADAM = """
        {first}
        for p in self.params:
            if {skip}:
                continue
            {before}
            g = {gradient}
            m = self.m.get(p, p.data * 0) * self.beta1 + {m}
            v = self.v.get(p, p.data * 0) * self.beta2 + {v}
            self.m[p], self.v[p] = m, v
            {corrected}
            p.data = {new}
        """


def _adam(**changes: str) -> str:
    parts = {
        "first": "self.t += 1",
        "skip": 'getattr(p, "grad", None) is None',
        "before": "t = self.t",
        "gradient": "p.grad.data + p.data * self.weight_decay",
        "m": "g * (1 - self.beta1)",
        "v": "g * g * (1 - self.beta2)",
        "corrected": "m, v = m / (1 - self.beta1**t), v / (1 - self.beta2**t)",
        "new": "p.data - m * self.lr / (v**0.5 + self.eps)",
    }
    return _ADAM.format(**{**parts, **changes})


ADAM = {
    ("Adam.step", "no correction"): _adam(corrected="pass"),
    ("Adam.step", "first average corrected only"): _adam(corrected="m = m / (1 - self.beta1**t)"),
    ("Adam.step", "one factor for both corrections"): _adam(
        corrected="m, v = m / (1 - self.beta1**t), v / (1 - self.beta1**t)"
    ),
    ("Adam.step", "correction of the first step"): _adam(
        corrected="m, v = m / (1 - self.beta1), v / (1 - self.beta2)"
    ),
    ("Adam.step", "corrected averages remembered"): _adam(
        corrected="m, v = m / (1 - self.beta1**t), v / (1 - self.beta2**t)\n"
        "            self.m[p], self.v[p] = m, v"
    ),
    ("Adam.step", "counts parameters"): _adam(
        first="pass", before="self.t += 1\n            t=self.t"
    ),
    ("Adam.step", "counts each parameter's steps"): _adam(
        first="self.count = getattr(self, 'count', {{}})".replace("{{}}", "{}"),
        before="t = self.count[p] = self.count.get(p, 0) + 1",
    ),
    ("Adam.step", "counts from two"): _adam(first="self.t += 1 if self.t else 2"),
    ("Adam.step", "eps inside the root"): _adam(new="p.data - m * self.lr / (v + self.eps) ** 0.5"),
    ("Adam.step", "eps before the correction"): _adam(
        corrected="pass",
        new="p.data - m / (1 - self.beta1**t) * self.lr"
        " / ((v**0.5 + self.eps) / (1 - self.beta2**t) ** 0.5)",
    ),
    ("Adam.step", "no eps"): _adam(new="p.data - m * self.lr / (v**0.5 + 1e-12)"),
    ("Adam.step", "no root"): _adam(new="p.data - m * self.lr / (v + self.eps)"),
    ("Adam.step", "no weight decay"): _adam(gradient="p.grad.data"),
    ("Adam.step", "weight decay of the step"): _adam(
        gradient="p.grad.data",
        new="p.data - m * self.lr / (v**0.5 + self.eps) - p.data * self.lr * self.weight_decay",
    ),
    ("Adam.step", "weight decay in the first average only"): _adam(
        v="p.grad.data * p.grad.data * (1 - self.beta2)"
    ),
    ("Adam.step", "no squares"): _adam(v="(g * g) ** 0.5 * (1 - self.beta2)"),
    ("Adam.step", "square of the average"): _adam(v="m * m * (1 - self.beta2)"),
    ("Adam.step", "factors swapped"): _adam(m="g * (1 - self.beta2)", v="g * g * (1 - self.beta1)"),
    ("Adam.step", "gradient for its average"): _adam(
        new="p.data - g * self.lr / (v**0.5 + self.eps)"
    ),
    ("Adam.step", "uphill"): _adam(new="p.data + m * self.lr / (v**0.5 + self.eps)"),
    ("Adam.step", "gradients have to be there"): _adam(skip="False"),
    ("Adam.step", "averages fade without a gradient"): _adam(
        skip="False",
        gradient="(p.grad.data if p.grad is not None else p.data * 0) + p.data * self.weight_decay",
    ),
    ("Adam.step", "changes gradients"): _adam(
        before="t = self.t\n"
        "            p.grad.cached_data += p.realize_cached_data() * self.weight_decay",
        gradient="p.grad.data",
    ),
    ("Adam.step", "replaces gradients"): _adam(
        before="t = self.t\n            p.grad = p.grad.data + p.data * self.weight_decay",
        gradient="p.grad",
    ),
    ("Adam.step", "keeps graphs"): _adam(gradient="p.grad + p.data * self.weight_decay").replace(
        "p.data = p.data - m * self.lr / (v**0.5 + self.eps)",
        "p.data = (p.data - m * self.lr / (v**0.5 + self.eps)).data",
    ),
    ("Adam.step", "leaks float64"): _adam(
        new="Tensor((p.data - m * self.lr / (v**0.5 + self.eps)).numpy().astype('float64'))"
    ),
}

OPTIM = {**SGD, **ADAM}
