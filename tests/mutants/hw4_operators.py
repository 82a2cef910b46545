"""Mistakes in operators on NDArrays, and in the methods of NDArrays that homework 4 adds."""

from __future__ import annotations

Mistakes = dict[tuple[str, str], str]


def edited(text: str, *edits: str) -> str:
    """Return `text` with pairs of (old, new) replaced one after the other."""
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    return text


def variants(where: str, right: str, mistakes: dict[str, tuple[str, ...]]) -> Mistakes:
    """Return the mistakes in one function, given as edits of a right body."""
    return {(where, name): edited(right, *edits) for name, edits in mistakes.items()}


#: (function, mistake) -> its body
OPERATORS: Mistakes = {
    ("PowerScalar.gradient", "no factor"): """
        (a,) = node.inputs
        return out_grad * a ** (self.scalar - 1)
        """,
    ("DivScalar.compute", "multiplies"): "return a * self.scalar",
    ("EWiseDiv.gradient", "the divisor's has no sign"): """
        a, b = node.inputs
        return out_grad / b, out_grad * a / b / b
        """,
    ("Transpose.compute", "memory as it is"): """
        axes = list(range(len(a.shape)))
        first, second = self.axes or (-2, -1)
        axes[first], axes[second] = axes[second], axes[first]
        return a.compact().reshape(tuple(a.shape[axis] for axis in axes))
        """,
    ("Transpose.compute", "first two by default"): "return a.swapaxes(*(self.axes or (0, 1)))",
    ("Reshape.compute", "of a view's memory"): """
        return a.as_strided(self.shape, a.compact_strides(self.shape))
        """,
    ("Summation.compute", "one axis after the other"): """
        for axis in (self.axes,) if isinstance(self.axes, int) else self.axes or range(a.ndim):
            a = a.sum(axis=min(axis, a.ndim - 1))
        return a
        """,
    ("Summation.compute", "first axis only"): """
        return a.sum(axis=self.axes[0] if isinstance(self.axes, tuple) else self.axes)
        """,
    ("Summation.gradient", "axes by their sizes"): """
        shape, rest = list(node.inputs[0].shape), list(node.shape)
        kept = [rest.pop(0) if rest and rest[0] == n else 1 for n in shape]
        return broadcast_to(reshape(out_grad, tuple(kept)), tuple(shape))
        """,
    ("BroadcastTo.gradient", "stretched axes are dropped"): """
        shape = node.inputs[0].shape
        added = len(self.shape) - len(shape)
        axes = tuple(i for i, n in enumerate(self.shape) if i < added or n != shape[i - added])
        return summation(out_grad, axes) if axes else out_grad
        """,
    ("BroadcastTo.gradient", "only the first axis"): """
        shape = node.inputs[0].shape
        return reshape(summation(out_grad, 0), shape) if shape != self.shape else out_grad
        """,
    ("MatMul.gradient", "operands swapped"): """
        a, b = node.inputs
        return out_grad @ transpose(b), transpose(out_grad) @ a
        """,
    ("Log.gradient", "base two"): "return out_grad / node.inputs[0] / 0.6931472",
    ("Exp.gradient", "of the input"): "return out_grad * node.inputs[0]",
    ("ReLU.gradient", "one at zero"): """
        a = node.inputs[0].realize_cached_data()
        return out_grad * Tensor.make_const(a >= 0)
        """,
    ("ReLU.gradient", "mask on the default device"): """
        mask = (node.inputs[0].numpy() > 0).astype("float32")
        return out_grad * Tensor(mask)
        """,
    ("ReLU.compute", "in place"): """
        a[tuple(slice(0, n) for n in a.shape)] = array_api.maximum(a, 0)
        return a
        """,
    ("EWiseAdd.gradient", "to the first only"): "return out_grad, out_grad * 0",
}
LOGARITHMS: Mistakes = {
    ("LogSumExp.compute", "maximum of everything"): """
        largest = a.max().numpy().item()
        return array_api.log(array_api.exp(a - largest).sum(axis=self.axes)) + largest
        """,
    ("LogSumExp.compute", "no maximum"): """
        return array_api.log(array_api.exp(a).sum(axis=self.axes))
        """,
    ("LogSoftmax.compute", "no maximum"): """
        total = array_api.sum(array_api.exp(Z), axis=1, keepdims=True)
        return Z - array_api.broadcast_to(array_api.log(total), Z.shape)
        """,
    ("LogSoftmax.gradient", "no sum"): "return out_grad - exp(node) * out_grad",
}

TANH: Mistakes = {
    ("Tanh.gradient", "not squared"): "return out_grad * (1 - node)",
    ("Tanh.gradient", "of the input"): "return out_grad * (1 - node.inputs[0] ** 2)",
    ("Tanh.compute", "by exponentials"): """
        e = array_api.exp(a * 2)
        return (e - 1) / (e + 1)
        """,
}

_STACK = """
shape = list(args[0].shape)
shape.insert(self.axis, len(args))
out = device_of(args[0]).empty(tuple(shape))
for i, each in enumerate(args):
    place = [slice(0, n) for n in shape]
    place[self.axis] = slice(i, i + 1)
    out[tuple(place)] = each
return out
"""
_SPLIT = """
shape = A.shape[:self.axis] + A.shape[self.axis + 1:]
parts = []
for i in range(A.shape[self.axis]):
    place = [slice(0, n) for n in A.shape]
    place[self.axis] = slice(i, i + 1)
    parts.append(A[tuple(place)].compact().reshape(shape))
return tuple(parts)
"""
_DEVICE = "from ..backend_selection import device_of\n"

ARRANGEMENT: Mistakes = {
    **variants(
        "Stack.compute",
        _DEVICE + _STACK,
        {
            "always in front": ("insert(self.axis", "insert(0", "place[self.axis]", "place[0]"),
            "always at the end": (
                "insert(self.axis",
                "insert(len(shape)",
                "place[self.axis]",
                "place[-1]",
            ),
            "the first again and again": ("= each", "= args[0]"),
            "in reverse": ("slice(i, i + 1)", "slice(len(args) - 1 - i, len(args) - i)"),
            "on the default device": (
                "device_of(args[0]).empty",
                "__import__('needle').cpu().empty",
            ),
        },
    ),
    ("Stack.gradient", "the same for all"): """
        n = out_grad.shape[self.axis]
        shares = split(out_grad, self.axis).tuple()
        return make_tuple(*[shares[0]] * n)
        """,
    ("Stack.gradient", "split along the first axis"): """
        return split(out_grad, 0 if out_grad.shape[0] == out_grad.shape[self.axis] else self.axis)
        """,
    ("Stack.gradient", "in reverse"): """
        return make_tuple(*split(out_grad, self.axis).tuple()[::-1])
        """,
    **variants(
        "Split.compute",
        _SPLIT,
        {
            "keeps the axis": (".compact().reshape(shape)", ".compact()"),
            "first axis": (
                "A.shape[:self.axis] + A.shape[self.axis + 1:]",
                "A.shape[1:]",
                "A.shape[self.axis]",
                "A.shape[0]",
                "place[self.axis]",
                "place[0]",
            ),
            "the last missing": ("range(A.shape[self.axis])", "range(A.shape[self.axis] - 1)"),
            "a list of memory": (
                "A[tuple(place)].compact().reshape(shape)",
                "A.make(shape, A.compact_strides(shape), A.device, A._handle)",
            ),
        },
    ),
    ("Split.gradient", "stacked in front"): """
        return Stack(0 if node.inputs[0].shape[0] == len(out_grad) else self.axis)(out_grad)
        """,
    ("Split.gradient", "doubled"): "return Stack(self.axis)(out_grad) * 2",
}

FLIP: Mistakes = {
    ("Flip.compute", "first axis only"): "return a.flip(self.axes[:1])",
    ("Flip.gradient", "not flipped"): "return out_grad",
    ("Flip.gradient", "all axes"): """
        return flip(out_grad, tuple(range(len(out_grad.shape))))
        """,
}

_DILATE = """
shape, place = list(a.shape), [slice(0, n) for n in a.shape]
for axis in self.axes:
    if axis < a.ndim:
        shape[axis] = a.shape[axis] * (self.dilation + 1)
        place[axis] = slice(0, shape[axis], self.dilation + 1)
out = device_of(a).full(tuple(shape), 0)
out[tuple(place)] = a
return out
"""

DILATION: Mistakes = {
    **variants(
        "Dilate.compute",
        _DILATE,
        {
            "between elements only": (
                "out[tuple(place)] = a\nreturn out",
                "out[tuple(place)] = a\n"
                "kept = [slice(0, n) for n in shape]\n"
                "for axis in self.axes:\n"
                "    kept[axis] = slice(0, shape[axis] - self.dilation)\n"
                "return out[tuple(kept)].compact()",
            ),
            "dilation is the step": ("self.dilation + 1", "self.dilation"),
            "zeros in front": ("slice(0, shape", "slice(self.dilation, shape"),
            "fails for axes that do not exist": (
                "    if axis < a.ndim:\n    ",
                "    if True:\n    ",
            ),
            "memory not cleared": ("full(tuple(shape), 0)", "empty(tuple(shape))"),
            "elements repeated": (
                "out[tuple(place)] = a\n",
                "for k in range(self.dilation + 1):\n"
                "    moved = list(place)\n"
                "    if self.axes[-1] < a.ndim:\n"
                "        moved[self.axes[-1]] = slice(\n"
                "            k, shape[self.axes[-1]], self.dilation + 1)\n"
                "    out[tuple(moved)] = a\n",
            ),
            "first axis only": ("in self.axes:", "in self.axes[:1]:"),
        },
    ),
    ("Dilate.gradient", "sums"): """
        out = undilate(out_grad, self.axes, self.dilation)
        return out * (self.dilation + 1)
        """,
    ("UnDilate.compute", "the last of each"): """
        place = [slice(0, n) for n in a.shape]
        for axis in self.axes:
            if axis < a.ndim:
                place[axis] = slice(self.dilation, a.shape[axis], self.dilation + 1)
        return a[tuple(place)].compact()
        """,
    ("UnDilate.compute", "the first part"): """
        place = [slice(0, n) for n in a.shape]
        for axis in self.axes:
            if axis < a.ndim:
                place[axis] = slice(0, a.shape[axis] // (self.dilation + 1))
        return a[tuple(place)].compact()
        """,
    ("UnDilate.gradient", "undilates"): "return out_grad",
}

_CONV = """
p, s, k = self.padding, self.stride, B.shape[0]
A = A.pad(((0, 0), (p, p), (p, p), (0, 0)))
n, h, w, c = A.shape
rows, columns = (h - k) // s + 1, (w - k) // s + 1
sn, sh, sw, sc = A.strides
view = A.as_strided((n, rows, columns, k, k, c), (sn, sh * s, sw * s, sh, sw, sc)).compact()
seen = view.reshape((n * rows * columns, k * k * c))
out = seen @ B.compact().reshape((k * k * c, B.shape[3]))
return out.reshape((n, rows, columns, B.shape[3]))
"""
_CONV_GRADIENT = """
from .convolution import Geometry, ImageAdjoint, KernelAdjoint
from .ops_arrangement import flip
from .ops_mathematic import reshape, transpose
a, b = node.inputs
geometry = Geometry(a.shape, b.shape, self.stride, self.padding)
to_images = ImageAdjoint(self, geometry)(out_grad, b)
to_kernel = KernelAdjoint(self, geometry)(a, out_grad)
return to_images, to_kernel
"""
_TEXTBOOK = """
from .ops_arrangement import flip
from .ops_mathematic import transpose
a, b = node.inputs
g = dilate(out_grad, (1, 2), self.stride - 1)
kernel = transpose(flip(b, (0, 1)), (2, 3))
to_images = conv(g, kernel, padding=b.shape[0] - 1 - self.padding)
moved = transpose(transpose(g, (0, 1)), (1, 2))
to_kernel = conv(transpose(a, (0, 3)), moved, padding=self.padding)
return to_images, transpose(transpose(to_kernel, (0, 1)), (1, 2))
"""

CONVOLUTION: Mistakes = {
    **variants(
        "Conv.compute",
        _CONV,
        {
            "square images only": ("(w - k) // s", "(h - k) // s"),
            "no stride": (
                "(h - k) // s + 1, (w - k) // s + 1",
                "h - k + 1, w - k + 1",
                "sh * s, sw * s",
                "sh, sw",
            ),
            "stride of rows only": ("sw * s", "sw"),
            "no padding": ("p, s, k = self.padding", "p, s, k = 0"),
            "padding of rows only": ("(p, p), (p, p)", "(p, p), (0, 0)"),
            "padding on one side": ("(p, p), (p, p)", "(2 * p, 0), (2 * p, 0)"),
            "kernel turned": ("s, sh, sw, sc)", "s, sw, sh, sc)"),
            "kernel flipped": ("B.compact()", "B.flip((0, 1))"),
            "rounds up": (
                "rows, columns = (h - k) // s + 1, (w - k) // s + 1",
                "rows, columns = -(-(h - k) // s) + 1, -(-(w - k) // s) + 1",
            ),
            "memory of a view": ("B.compact()", "B"),
            "channels first": (
                "(n, rows, columns, B.shape[3])",
                "(n, B.shape[3], rows, columns)",
            ),
            "one image only": ("n, h, w, c = A.shape", "_, h, w, c = A.shape\nn = 1"),
        },
    ),
    ("Conv.gradient", "only where windows end with the images"): _TEXTBOOK,
    **variants(
        "Conv.gradient",
        _CONV_GRADIENT,
        {
            "kernel flipped": ("(out_grad, b)", "(out_grad, flip(b, (0, 1)))"),
            "kernel turned": ("(out_grad, b)", "(out_grad, transpose(b, (0, 1)))"),
            "in and out swapped": (
                "return to_images, to_kernel",
                "swapped = transpose(to_kernel, (2, 3))\n"
                "return to_images, reshape(swapped, b.shape)",
            ),
            "gradient of the kernel turned": (
                "return to_images, to_kernel",
                "return to_images, transpose(to_kernel, (0, 1))",
            ),
            "averaged over the batch": (
                "return to_images, to_kernel",
                "return to_images, to_kernel / a.shape[0]",
            ),
            "stride ignored": ("self.stride, self.padding)", "1, self.padding)"),
            "no gradient of the kernel": ("return to_images, to_kernel", "return to_images, b * 0"),
        },
    ),
}

NDARRAY: Mistakes = {
    **variants(
        "flip",
        """
strides, offset = list(self._strides), self._offset
for axis in axes:
    offset += (self._shape[axis] - 1) * strides[axis]
    strides[axis] = -strides[axis]
return NDArray.make(self._shape, strides, self._device, self._handle, offset).compact()
""",
        {
            "not compact": (".compact()", ""),
            "offset from the start": ("self._offset\n", "0\n"),
            "offset of the last axis only": ("offset += ", "offset = self._offset + "),
            "one too far": ("(self._shape[axis] - 1)", "self._shape[axis]"),
            "strides of compact memory": (
                "list(self._strides)",
                "list(NDArray.compact_strides(self._shape))",
            ),
            "shape reversed": ("NDArray.make(self._shape", "NDArray.make(self._shape[::-1]"),
        },
    ),
    **variants(
        "pad",
        """
shape = tuple(n + before + after for n, (before, after) in zip(self._shape, axes))
out = self._device.full(shape, 0.0)
inside = tuple(slice(b, b + n) for n, (b, _) in zip(self._shape, axes))
out[inside] = self
return out
""",
        {
            "memory not cleared": ("full(shape, 0.0)", "empty(shape)"),
            "the same on both sides": ("before + after", "2 * before"),
            "sides swapped": ("slice(b, b + n) for n, (b, _)", "slice(b, b + n) for n, (_, b)"),
            "at the start": ("slice(b, b + n)", "slice(0, n)"),
            "on the default device": ("self._device.full", "cpu().full"),
            "of a view's memory": (
                "out[inside] = self",
                "out[inside] = NDArray.make(self._shape, device=self._device, handle=self._handle)",
            ),
        },
    ),
}
