"""Modules that convolve: nn.Conv, and the network ResNet9, in float64."""

import draws
import numpy as np
import places
from grader.testing import assert_close, on_student_side
from layers import CLOSE, normalized


@on_student_side
def run(arguments, options, x, seed, weights, device):
    """Make a nn.Conv; return its output, its parameters, their places, and all gradients."""
    import needle as ndl
    from needle import nn

    place = getattr(ndl, device)()
    np.random.seed(seed)
    module = nn.Conv(*arguments, device=place, **options)
    X = ndl.Tensor(x, device=place, dtype="float32")
    out = module(X)
    found = {"out": (out.numpy(), str(out.dtype), str(out.device))}
    (out * ndl.Tensor(weights(out.shape), device=place, dtype="float32")).sum().backward()
    named = {"weight": module.weight, "bias": module.bias}
    named = {name: p for name, p in named.items() if p is not None}
    found["parameters"] = {
        name: (p.numpy(), str(p.dtype), str(p.device)) for name, p in named.items()
    }
    found["count"] = len(module.parameters())
    found["gradients"] = {
        name: None if getattr(t, "grad", None) is None else t.grad.numpy()
        for name, t in {"x": X, **named}.items()
    }
    return found


def uneven(shape):
    return np.cos(1.7 * np.arange(np.prod(shape))).reshape(shape) + 0.1


def windows(x, kernel, stride):
    """Return what the kernel sees: (batch, rows, columns, channels, kernel, kernel)."""
    pad = kernel // 2
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    view = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(2, 3))
    return view[:, :, ::stride, ::stride].transpose(0, 2, 3, 1, 4, 5)


def convolve(x, weight, bias, stride):
    """Return (batch, out, rows, columns) for images (batch, in, height, width)."""
    out = np.einsum("nyxcij,ijco->noyx", windows(x, weight.shape[0], stride), weight, optimize=True)
    return out + bias.reshape(1, -1, 1, 1)


def convolve_backward(x, weight, stride, adjoint):
    """Return the adjoints of images, weight and bias, pixel by pixel."""
    k, pad = weight.shape[0], weight.shape[0] // 2
    larger = np.zeros((*x.shape[:2], x.shape[2] + 2 * pad, x.shape[3] + 2 * pad))
    for i, j in np.ndindex(adjoint.shape[2:]):
        rows, columns = slice(i * stride, i * stride + k), slice(j * stride, j * stride + k)
        larger[:, :, rows, columns] += np.einsum("no,yxco->ncyx", adjoint[:, :, i, j], weight)
    inside = larger[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]
    to_weight = np.einsum("nyxcij,noyx->ijco", windows(x, k, stride), adjoint)
    return inside, to_weight, adjoint.sum(axis=(0, 2, 3))


def check_conv(rng, size, channels, kernel, stride=1, bias=True, device="cpu", gradients=True):
    """Compare a nn.Conv for images (batch, height, width) with its definition."""
    batch, height, width = size
    x = rng.normal(size=(batch, channels[0], height, width)).astype(np.float32)
    seed = int(rng.integers(1000))
    found = run((*channels, kernel), {"stride": stride, "bias": bias}, x, seed, uneven, device)
    weight, drawn = draws.conv(np.random.RandomState(seed), *channels, kernel, bias)
    check_parameters(found, {"weight": weight, "bias": drawn} if bias else {"weight": weight})
    out = convolve(x.astype(np.float64), weight, drawn, stride)
    title = f"Conv{(*channels, kernel)} of {x.shape}, stride {stride}"
    assert_close(found["out"][0], out, name=title, **CLOSE)
    places.check_place(found["out"], device, title)
    for name, place in found["parameters"].items():
        places.check_place(place, device, name)
    if gradients:
        wanted = convolve_backward(x.astype(np.float64), weight, stride, uneven(out.shape))
        for name, expected in zip(("x", "weight", "bias"), wanted, strict=True):
            if name == "bias" and not bias:
                continue
            got = found["gradients"][name]
            assert got is not None, f"{title}: {name} has no gradient"
            assert_close(got, expected, rtol=1e-3, atol=1e-4, name=f"{title}, gradient of {name}")


def check_parameters(found, expected):
    """Compare parameters with the numbers that had to be drawn."""
    names = sorted(found["parameters"])
    assert names == sorted(expected), f"the parameters are {names}"
    assert found["count"] == len(expected), f"parameters() has {found['count']} elements"
    for name, wanted in expected.items():
        assert_close(found["parameters"][name][0], wanted, name=name, **CLOSE)


#: (in, out, kernel, stride) of each convolution of ResNet9, in order
RESNET9 = [
    (3, 16, 7, 4),
    (16, 32, 3, 2),
    (32, 32, 3, 1),
    (32, 32, 3, 1),
    (32, 64, 3, 2),
    (64, 128, 3, 2),
    (128, 128, 3, 1),
    (128, 128, 3, 1),
]


def draw_resnet9(random):
    """Draw (weight, bias) of all convolutions and of both linear layers."""
    found = [draws.conv(random, inputs, outputs, kernel) for inputs, outputs, kernel, _ in RESNET9]
    return [*found, draws.linear(random, 128, 128), draws.linear(random, 128, 10)]


def resnet9(x, weights, train):
    """Return the logits of a fresh network, for batches that are normalized or not."""

    def conv_bn(x, layer):
        x = convolve(x, *weights[layer], RESNET9[layer][3])
        x = normalized(x, (0, 2, 3))[0] if train else x / np.sqrt(1 + 1e-5)
        return np.maximum(x, 0)

    x = conv_bn(conv_bn(x, 0), 1)
    x = x + conv_bn(conv_bn(x, 2), 3)
    x = conv_bn(conv_bn(x, 4), 5)
    x = x + conv_bn(conv_bn(x, 6), 7)
    x = x.reshape(len(x), -1) @ weights[8][0] + weights[8][1]
    return np.maximum(x, 0) @ weights[9][0] + weights[9][1]


@on_student_side
def run_resnet9(x, seed, mode, device):
    """Return the logits of a ResNet9, with dtype and device, and facts about its parameters."""
    import needle as ndl
    from apps.models import ResNet9

    place = getattr(ndl, device)()
    np.random.seed(seed)
    model = ResNet9(device=place, dtype="float32")
    getattr(model, mode)()
    out = model(ndl.Tensor(x, device=place, dtype="float32"))
    facts = [(tuple(p.shape), str(p.dtype), str(p.device)) for p in model.parameters()]
    return (out.numpy(), str(out.dtype), str(out.device)), facts


@on_student_side
def resnet9_gradients(x, seed):
    """Return whether every parameter of a ResNet9 has a gradient of its shape that is not zero."""
    import needle as ndl
    from apps.models import ResNet9

    np.random.seed(seed)
    model = ResNet9(device=ndl.cpu())
    model(ndl.Tensor(x, device=ndl.cpu(), dtype="float32")).sum().backward()
    found = []
    for p in model.parameters():
        g = getattr(p, "grad", None)
        found.append((tuple(p.shape), None if g is None else g.numpy()))
    return found


def check_resnet9(rng, batch, mode, device="cpu"):
    """Compare the logits of a fresh ResNet9 with the definition."""
    x = rng.uniform(0, 1, (batch, 3, 32, 32)).astype(np.float32)
    seed = int(rng.integers(1000))
    found, facts = run_resnet9(x, seed, mode, device)
    weights = draw_resnet9(np.random.RandomState(seed))
    expected = resnet9(x.astype(np.float64), weights, mode == "train")
    scale = float(np.abs(expected).max())
    assert_close(found[0], expected, rtol=2e-3, atol=2e-3 * scale, name=f"logits in {mode} mode")
    places.check_place(found, device, "logits")
    for shape, dtype, where in facts:
        places.check_place((None, dtype, where), device, f"a parameter of shape {shape}")
    return facts


def resnet9_shapes():
    """Return the shapes of all parameters, sorted."""
    shapes = [(k, k, i, o) for i, o, k, _ in RESNET9]
    shapes += [(o,) for _, o, _, _ in RESNET9 for _ in range(3)]  # bias, and two of the norm
    return sorted([*shapes, (128, 128), (1, 128), (128, 10), (1, 10)])
