"""Mistakes in modules, optimizers and ResNet9, and in how parameters are drawn."""

from __future__ import annotations

from tests.mutants.hw4_operators import Mistakes, edited, variants

BASICS: Mistakes = {
    ("BatchNorm1d.forward", "running statistics in training"): """
        batch = x.shape[0]
        mean = x.sum(axes=(0,)) / batch
        centered = x - mean.broadcast_to(x.shape)
        var = (centered * centered).sum(axes=(0,)) / batch
        if self.training:
            self.running_mean = (self.running_mean * 0.9 + mean * 0.1).detach()
            self.running_var = (self.running_var * 0.9 + var * 0.1).detach()
            mean, var = self.running_mean, self.running_var
        scale = self.weight * (var + self.eps) ** -0.5
        centered = x - mean.broadcast_to(x.shape)
        return centered * scale.broadcast_to(x.shape) + self.bias.broadcast_to(x.shape)
        """,
    **{
        ("BatchNorm1d.forward", name): edited(
            """
batch = x.shape[0]
mean = x.sum(axes=(0,)) / batch if self.training else self.running_mean
centered = x - mean.broadcast_to(x.shape)
var = self.running_var
if self.training:
    var = (centered * centered).sum(axes=(0,)) / batch
    old, new = 1 - self.momentum, self.momentum
    self.running_mean = self.running_mean * old + mean.detach() * new
    self.running_var = self.running_var * old + var.detach() * new
scale = self.weight * (var + self.eps) ** -0.5
return centered * scale.broadcast_to(x.shape) + self.bias.broadcast_to(x.shape)
""",
            *edits,
        )
        for name, edits in {
            "statistics keep their graph": ("mean.detach()", "mean", "var.detach()", "var"),
            "variance corrected": ("+ var.detach()", "+ (var * (batch / (batch - 1))).detach()"),
            "momentum the other way": (
                "1 - self.momentum, self.momentum",
                "self.momentum, 1 - self.momentum",
            ),
            "statistics never updated": (
                "    self.running_mean = self.running_mean * old + mean.detach() * new\n"
                "    self.running_var = self.running_var * old + var.detach() * new\n",
                "",
            ),
            "eval like training": (
                "if self.training else self.running_mean",
                "",
                "if self.training:",
                "if True:",
            ),
        }.items()
    },
    ("LayerNorm1d.forward", "over the batch"): """
        mean = (x.sum(axes=(0,)) / x.shape[0]).broadcast_to(x.shape)
        var = (((x - mean) ** 2).sum(axes=(0,)) / x.shape[0]).broadcast_to(x.shape)
        return (x - mean) / (var + self.eps) ** 0.5
        """,
    ("Dropout.forward", "not scaled"): """
        if not self.training:
            return x
        return x * init.randb(*x.shape, p=1 - self.p, device=x.device, dtype=x.dtype)
        """,
    ("Dropout.forward", "in evaluation, too"): """
        kept = init.randb(*x.shape, p=1 - self.p, device=x.device, dtype=x.dtype)
        return x * (kept / (1 - self.p))
        """,
    ("Linear.forward", "no bias"): "return x @ self.weight",
}

_SGD = """
for p in self.params:
    if p.grad is None:
        continue
    g = p.grad.data + p.data * self.weight_decay
    u = g * (1 - self.momentum)
    if p in self.u:
        u = u + self.u[p] * self.momentum
    self.u[p] = u
    p.data = p.data - u * self.lr
"""
OPTIMIZERS: Mistakes = variants(
    "SGD.step",
    _SGD,
    {
        "momentum of the course's other kind": ("g * (1 - self.momentum)", "g"),
        "no weight decay": (" + p.data * self.weight_decay", ""),
        "state is forgotten": ("    self.u[p] = u\n", ""),
        "state keeps its graph": (
            "p.grad.data + p.data * self.weight_decay",
            "p.grad + p * self.weight_decay",
            "p.data = p.data - u * self.lr",
            "p.data = (p - u * self.lr).data",
        ),
    },
)

KAIMING: Mistakes = {
    ("kaiming_uniform", "fan-in of the first axis"): """
        fan_in = shape[0] if shape else fan_in
        b = math.sqrt(6 / fan_in)
        return rand(*(shape or (fan_in, fan_out)), low=-b, high=b, **kwargs)
        """,
    ("kaiming_uniform", "normal"): """
        std = math.sqrt(2 / fan_in)
        return randn(*(shape or (fan_in, fan_out)), std=std, **kwargs)
        """,
    ("kaiming_uniform", "no gain"): """
        b = math.sqrt(3 / fan_in)
        return rand(*(shape or (fan_in, fan_out)), low=-b, high=b, **kwargs)
        """,
    ("kaiming_uniform", "drawn flat, then moved"): """
        b = math.sqrt(6 / fan_in)
        shape = shape or (fan_in, fan_out)
        flipped = rand(*shape[::-1], low=-b, high=b, **kwargs).numpy()
        return Tensor(flipped.T, dtype="float32")
        """,
}

_CONV_INIT = """
fan_in, fan_out = in_channels * kernel_size**2, out_channels * kernel_size**2
shape = (kernel_size, kernel_size, in_channels, out_channels)
where = {"device": device, "dtype": dtype}
self.weight = Parameter(init.kaiming_uniform(fan_in, fan_out, shape=shape, **where))
self.bias = None
if bias:
    bound = 1 / sqrt(fan_in)
    self.bias = Parameter(init.rand(out_channels, low=-bound, high=bound, **where))
"""
_CONV = """
last = x.transpose((1, 2)).transpose((2, 3))
y = ops.conv(last, self.weight, stride=self.stride, padding=self.kernel_size // 2)
if self.bias is not None:
    y = y + self.bias.broadcast_to(y.shape)
return y.transpose((2, 3)).transpose((1, 2))
"""
_HEAD = """
super().__init__()
kernel_size = kernel_size[0] if isinstance(kernel_size, tuple) else kernel_size
stride = stride[0] if isinstance(stride, tuple) else stride
self.in_channels, self.out_channels = in_channels, out_channels
self.kernel_size, self.stride = kernel_size, stride
"""

CONVOLUTION: Mistakes = {
    **variants(
        "Conv.__init__",
        _HEAD + _CONV_INIT,
        {
            "fan-in of channels": (
                "in_channels * kernel_size**2, out_channels * kernel_size**2",
                "in_channels, out_channels",
            ),
            "bound of the output": ("1 / sqrt(fan_in)", "1 / sqrt(fan_out)"),
            "bias of zeros": (
                "init.rand(out_channels, low=-bound, high=bound",
                "init.zeros(out_channels",
            ),
            "bias in a row": ("init.rand(out_channels,", "init.rand(1, out_channels,"),
            "channels swapped": (
                "(kernel_size, kernel_size, in_channels, out_channels)",
                "(kernel_size, kernel_size, out_channels, in_channels)",
            ),
            "bias always": ("if bias:", "if True:"),
            "bias drawn first": (
                "self.weight = ",
                "first = init.rand(out_channels, low=-(fan_in**-0.5), high=fan_in**-0.5, **where)\n"
                "self.weight = ",
                "init.rand(out_channels, low=-bound, high=bound, **where)",
                "first",
            ),
            "default device": ('"device": device', '"device": None'),
            "not a parameter": (
                "Parameter(init.kaiming_uniform(fan_in, fan_out, shape=shape, **where))",
                "init.kaiming_uniform(fan_in, fan_out, shape=shape, **where)",
            ),
        },
    ),
    **variants(
        "Conv.forward",
        _CONV,
        {
            "no padding": ("self.kernel_size // 2", "0"),
            "padding rounded up": ("self.kernel_size // 2", "(self.kernel_size + 1) // 2"),
            "stride forgotten": ("stride=self.stride", "stride=1"),
            "bias forgotten": ("if self.bias is not None", "if False"),
            "height and width swapped": (
                "x.transpose((1, 2)).transpose((2, 3))",
                "x.transpose((1, 3))",
            ),
            "both swapped": (
                "x.transpose((1, 2)).transpose((2, 3))",
                "x.transpose((1, 3))",
                "y.transpose((2, 3)).transpose((1, 2))",
                "y.transpose((1, 3))",
            ),
            "channels last": ("y.transpose((2, 3)).transpose((1, 2))", "y"),
            "reshaped": (
                "x.transpose((1, 2)).transpose((2, 3))",
                "x.reshape((x.shape[0], x.shape[2], x.shape[3], x.shape[1]))",
            ),
        },
    ),
}

_RESNET9 = """
super().__init__()
where = {"device": device, "dtype": dtype}

def conv_bn(a, b, k, s):
    return nn.Sequential(nn.Conv(a, b, k, s, **where), nn.BatchNorm2d(b, **where), nn.ReLU())

self.layers = nn.Sequential(
    conv_bn(3, 16, 7, 4),
    conv_bn(16, 32, 3, 2),
    nn.Residual(nn.Sequential(conv_bn(32, 32, 3, 1), conv_bn(32, 32, 3, 1))),
    conv_bn(32, 64, 3, 2),
    conv_bn(64, 128, 3, 2),
    nn.Residual(nn.Sequential(conv_bn(128, 128, 3, 1), conv_bn(128, 128, 3, 1))),
    nn.Flatten(),
    nn.Linear(128, 128, **where),
    nn.ReLU(),
    nn.Linear(128, 10, **where),
)
"""
_BLOCK = "nn.Residual(nn.Sequential(conv_bn(32, 32, 3, 1), conv_bn(32, 32, 3, 1)))"

RESNET9: Mistakes = {
    **variants(
        "ResNet9.__init__",
        _RESNET9,
        {
            "no way around": (_BLOCK, _BLOCK.removeprefix("nn.Residual(")[:-1]),
            "ways around each layer": (
                _BLOCK,
                "nn.Residual(conv_bn(32, 32, 3, 1)), nn.Residual(conv_bn(32, 32, 3, 1))",
            ),
            "one activation fewer": (
                "    nn.ReLU(),\n    nn.Linear(128, 10",
                "    nn.Linear(128, 10",
            ),
            "norm after relu": (
                "nn.BatchNorm2d(b, **where), nn.ReLU()",
                "nn.ReLU(), nn.BatchNorm2d(b, **where)",
            ),
            "no norm": (" nn.BatchNorm2d(b, **where),", ""),
            "no bias of convolutions": (
                "nn.Conv(a, b, k, s, **where)",
                "nn.Conv(a, b, k, s, bias=False, **where)",
            ),
            "made in another order": (
                "self.layers = nn.Sequential(",
                "last = nn.Linear(128, 10, **where)\nself.layers = nn.Sequential(",
                "    nn.Linear(128, 10, **where),\n",
                "    last,\n",
            ),
            "output activated": (
                "nn.Linear(128, 10, **where),",
                "nn.Linear(128, 10, **where), nn.ReLU()",
            ),
            "default device": ("nn.Linear(128, 128, **where)", "nn.Linear(128, 128)"),
            "default device of norms": ("nn.BatchNorm2d(b, **where)", "nn.BatchNorm2d(b)"),
        },
    ),
}
