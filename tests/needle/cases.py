"""One list of cases for every operator: what to call in Needle, what in PyTorch, and on what.

Each test module runs all of them: forward, gradients of several orders, eager against lazy, one
device against another, one backend against another. Two backends are two libraries, so the cases
are made for the one that is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import needle
import numpy as np
import torch
from torch.nn import functional

Shape = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    needle: Callable[..., Any]
    torch: Callable[..., torch.Tensor]
    shapes: tuple[Shape, ...]
    positive: bool = False

    def arrays(self, dtype: str = "float64") -> list[np.ndarray]:
        """Inputs that stay away from the kinks and poles of the operators."""
        random = np.random.default_rng(len(self.name) + sum(map(sum, self.shapes)))
        magnitudes = [random.uniform(0.5, 2.0, shape) for shape in self.shapes]
        signs = [random.choice([-1.0, 1.0], shape) for shape in self.shapes]
        if self.positive:
            return [np.asarray(m, dtype=dtype) for m in magnitudes]
        return [np.asarray(m * s, dtype=dtype) for m, s in zip(magnitudes, signs, strict=True)]


def elementwise(ndl: Any) -> list[Case]:
    two, one = ((5, 4), (5, 4)), ((5, 4),)
    return [
        Case(name="add", needle=ndl.add, torch=torch.add, shapes=two),
        Case(name="multiply", needle=ndl.multiply, torch=torch.mul, shapes=two),
        Case(name="divide", needle=ndl.divide, torch=torch.div, shapes=two),
        Case(name="power", needle=ndl.power, torch=torch.pow, shapes=two, positive=True),
        Case(name="subtract", needle=lambda a, b: a - b, torch=torch.sub, shapes=two),
        Case(name="negate", needle=ndl.negate, torch=torch.neg, shapes=one),
        Case(name="log", needle=ndl.log, torch=torch.log, shapes=one, positive=True),
        Case(name="exp", needle=ndl.exp, torch=torch.exp, shapes=one),
        Case(name="relu", needle=ndl.relu, torch=torch.relu, shapes=one),
        Case(name="exp of a number", needle=ndl.exp, torch=torch.exp, shapes=((),)),
        Case(name="relu of a number", needle=ndl.relu, torch=torch.relu, shapes=((),)),
    ]


def with_numbers(ndl: Any) -> list[Case]:
    """Operators with a scalar; those on the right of a Python number, too."""
    one = ((5, 4),)
    powers = [
        Case(
            name=f"power {s}",
            needle=lambda a, s=s: ndl.power_scalar(a, s),
            torch=lambda a, s=s: a**s,
            shapes=one,
            positive=True,
        )
        for s in (0, 1, 2, 3, -1, -2, 0.5, -1.5)
    ]
    return [
        *powers,
        Case(name="a + 2", needle=lambda a: a + 2, torch=lambda a: a + 2, shapes=one),
        Case(name="2 + a", needle=lambda a: 2 + a, torch=lambda a: 2 + a, shapes=one),
        Case(name="a - 2", needle=lambda a: a - 2, torch=lambda a: a - 2, shapes=one),
        Case(name="2 - a", needle=lambda a: 2 - a, torch=lambda a: 2 - a, shapes=one),
        Case(name="a * -3", needle=lambda a: a * -3, torch=lambda a: a * -3, shapes=one),
        Case(name="0.5 * a", needle=lambda a: 0.5 * a, torch=lambda a: 0.5 * a, shapes=one),
        Case(name="a / 4", needle=lambda a: a / 4, torch=lambda a: a / 4, shapes=one),
        Case(name="4 / a", needle=lambda a: 4 / a, torch=lambda a: 4 / a, shapes=one),
    ]


def broadcast_powers(ndl: Any) -> list[Case]:
    return [
        Case(
            name=f"power {shapes}", needle=ndl.power, torch=torch.pow, shapes=shapes, positive=True
        )
        for shapes in (((5, 4), (4,)), ((4,), (5, 4)), ((5, 4), ()), ((5, 1), (3, 1, 4)))
    ]


def shapes(ndl: Any) -> list[Case]:
    transposes = [((5, 4), None), ((3, 5, 4), None), ((3, 5, 4), (0, 1)), ((3, 5, 4), (0, 2))]
    transposes += [((3, 5, 4), (1, 2)), ((3, 5, 4), (-1, 0)), ((2, 3, 5, 4), (2, 1))]
    reshapes = [((5, 4), (20,)), ((5, 4), (2, 5, 2)), ((5, 4), (4, -1)), ((1, 1), ()), ((), (1, 1))]
    broadcasts = [((3, 1), (3, 4)), ((1, 3), (4, 3)), ((3,), (2, 3)), ((), (2, 3)), ((1,), (2, 3))]
    broadcasts += [((5, 4, 1), (5, 4, 3)), ((1, 4, 1), (2, 5, 4, 3)), ((2, 3), (2, 3)), ((), ())]
    return [
        *(
            Case(
                name=f"transpose {shape} {axes}",
                needle=lambda a, axes=axes: ndl.transpose(a, axes),
                torch=lambda a, axes=axes: torch.transpose(a, *(axes or (-2, -1))),
                shapes=(shape,),
            )
            for shape, axes in transposes
        ),
        *(
            Case(
                name=f"reshape {before} {after}",
                needle=lambda a, shape=after: ndl.reshape(a, shape),
                torch=lambda a, shape=after: torch.reshape(a, shape),
                shapes=(before,),
            )
            for before, after in reshapes
        ),
        *(
            Case(
                name=f"broadcast {before} {after}",
                needle=lambda a, shape=after: ndl.broadcast_to(a, shape),
                torch=lambda a, shape=after: torch.broadcast_to(a, shape),
                shapes=(before,),
            )
            for before, after in broadcasts
        ),
    ]


def sums(ndl: Any) -> list[Case]:
    axes: Sequence[Any] = (
        None,
        0,
        1,
        2,
        -1,
        (0,),
        (1,),
        (0, 1),
        (0, 2),
        (2, 0),
        (-1, 0),
        (0, 1, 2),
    )
    cubes = [((5, 4, 3), a) for a in axes]
    return [
        Case(
            name=f"sum {shape} over {a}",
            needle=lambda x, a=a: ndl.summation(x, a),
            torch=lambda x, a=a: x.sum() if a is None else x.sum(a),
            shapes=(shape,),
        )
        for shape, a in [*cubes, ((4, 4), 0), ((4, 4), 1), ((5, 1), 1), ((3,), None), ((), None)]
    ]


def products(ndl: Any) -> list[Case]:
    pairs: Sequence[tuple[Shape, Shape]] = (
        ((5, 4), (4, 3)),
        ((4, 4), (4, 4)),
        ((1, 4), (4, 1)),
        ((6, 2, 5, 4), (6, 2, 4, 3)),
        ((6, 2, 5, 4), (4, 3)),
        ((5, 4), (6, 2, 4, 3)),
        ((2, 5, 4), (6, 2, 4, 3)),
        ((6, 1, 5, 4), (6, 2, 4, 3)),
        ((1, 5, 4), (7, 4, 3)),
        ((6, 1, 5, 4), (1, 2, 4, 3)),
    )
    return [
        Case(name=f"matmul {a} {b}", needle=ndl.matmul, torch=torch.matmul, shapes=(a, b))
        for a, b in pairs
    ]


def programs(ndl: Any) -> list[Case]:
    """Several operators at once, with values that are used more than once."""
    return [
        Case(
            name="used twice",
            needle=lambda a, b: (a * b + a) * a,
            torch=lambda a, b: (a * b + a) * a,
            shapes=((5, 4), (5, 4)),
        ),
        Case(
            name="network",
            needle=lambda x, w, v: ndl.log(ndl.exp(ndl.relu(x @ w) @ v).sum((1,))),
            torch=lambda x, w, v: torch.log(torch.exp(torch.relu(x @ w) @ v).sum((1,))),
            shapes=((3, 4), (4, 5), (5, 2)),
        ),
        Case(
            name="normalized",
            needle=lambda a: a / a.sum((1,)).reshape((5, 1)).broadcast_to((5, 4)),
            torch=lambda a: a / a.sum((1,)).reshape((5, 1)).broadcast_to((5, 4)),
            shapes=((5, 4),),
            positive=True,
        ),
    ]


def reductions(ndl: Any) -> list[Case]:
    """Logarithms of sums of exponentials."""
    axes: Sequence[Any] = (None, 0, 1, -1, (0, 1), (2, 0), (0, 1, 2))
    return [
        Case(
            name="logsoftmax",
            needle=ndl.logsoftmax,
            torch=lambda a: functional.log_softmax(a, 1),
            shapes=((5, 4),),
        ),
        *(
            Case(
                name=f"logsumexp over {a}",
                needle=lambda x, a=a: ndl.logsumexp(x, a),
                torch=lambda x, a=a: x.logsumexp((0, 1, 2) if a is None else a),
                shapes=((3, 4, 2),),
            )
            for a in axes
        ),
        Case(
            name="logsumexp of large numbers",
            needle=lambda a: ndl.logsumexp(a * 500 + ndl.multiply(a, a) * 100, (1,)),
            torch=lambda a: (a * 500 + a * a * 100).logsumexp(1),
            shapes=((5, 4),),
        ),
    ]


def arrangements(ndl: Any) -> list[Case]:
    three = ((2, 3), (2, 3), (2, 3))
    return [
        Case(name="tanh", needle=ndl.tanh, torch=torch.tanh, shapes=((5, 4),)),
        *(
            Case(
                name=f"stack along {axis}",
                needle=lambda *x, axis=axis: ndl.stack(x, axis),
                torch=lambda *x, axis=axis: torch.stack(x, axis),
                shapes=three,
            )
            for axis in (0, 1, 2)
        ),
        *(
            Case(
                name=f"split along {axis}, stack along {other}",
                needle=lambda x, axis=axis, other=other: ndl.stack(ndl.split(x, axis), other),
                torch=lambda x, axis=axis, other=other: torch.stack(x.unbind(axis), other),
                shapes=((2, 3, 4),),
            )
            for axis, other in ((0, 2), (1, 0), (2, 1))
        ),
        Case(
            name="two of the three that split gives",
            needle=lambda x: ndl.split(x, 1)[0] * ndl.split(x, 1)[2],
            torch=lambda x: x.unbind(1)[0] * x.unbind(1)[2],
            shapes=((2, 3, 4),),
        ),
        *(
            Case(
                name=f"flip {axes}",
                needle=lambda x, axes=axes: ndl.flip(x, axes),
                torch=lambda x, axes=axes: x.flip(axes),
                shapes=((2, 3, 4),),
            )
            for axes in ((0,), (1, 2), (0, 1, 2))
        ),
    ]


def spread(x: torch.Tensor, axes: tuple[int, ...], dilation: int) -> torch.Tensor:
    """Dilation, by assignment."""
    step = dilation + 1
    out = torch.zeros([n * step if i in axes else n for i, n in enumerate(x.shape)], dtype=x.dtype)
    out[tuple(slice(None, None, step if i in axes else None) for i in range(x.ndim))] = x
    return out


def dilations(ndl: Any) -> list[Case]:
    return [
        *(
            Case(
                name=f"dilate {axes} by {dilation}",
                needle=lambda x, a=axes, d=dilation: ndl.dilate(x, axes=a, dilation=d),
                torch=lambda x, a=axes, d=dilation: spread(x, a, d),
                shapes=((2, 3, 4),),
            )
            for axes, dilation in (((0,), 1), ((1, 2), 2), ((0, 1, 2), 0), ((2, 7), 1))
        ),
        *(
            Case(
                name=f"undilate {shape} by {dilation}",
                needle=lambda x, d=dilation: ndl.undilate(x, axes=(0, 1), dilation=d),
                torch=lambda x, d=dilation: x[:: d + 1, :: d + 1],
                shapes=(shape,),
            )
            for shape, dilation in (((4, 6, 3), 1), ((5, 7), 2), ((2, 3), 0))
        ),
    ]


def convolutions(ndl: Any) -> list[Case]:
    """Every way in which images, kernel, stride and padding can fit or not."""

    def torch_conv(x: torch.Tensor, w: torch.Tensor, s: int, p: int) -> torch.Tensor:
        images, kernel = x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1)
        return functional.conv2d(images, kernel, stride=s, padding=p).permute(0, 2, 3, 1)

    sizes = [  # height, width, kernel, stride, padding
        (5, 6, 3, 1, 0),
        (5, 6, 3, 1, 1),
        (5, 6, 3, 2, 1),  # strides leave a column over
        (6, 5, 3, 3, 0),
        (4, 4, 1, 1, 0),
        (4, 5, 1, 2, 0),
        (3, 4, 1, 1, 2),  # padding beyond the kernel
        (4, 3, 2, 2, 3),
        (1, 1, 3, 1, 1),  # most of the kernel sees padding only
        (2, 1, 3, 2, 1),
        (1, 2, 5, 1, 2),
        (1, 1, 1, 3, 1),  # all of it does
    ]
    return [
        Case(
            name=f"conv {h} x {w}, kernel {k}, stride {s}, padding {p}",
            needle=lambda a, b, s=s, p=p: ndl.conv(a, b, stride=s, padding=p),
            torch=lambda a, b, s=s, p=p: torch_conv(a, b, s, p),
            shapes=((2, h, w, 3), (k, k, 3, 2)),
        )
        for h, w, k, s, p in sizes
    ]


def cases(ndl: Any) -> list[Case]:
    """All cases, for one library."""
    groups = (elementwise, with_numbers, broadcast_powers, shapes, sums, products, programs)
    later = (reductions, arrangements, dilations, convolutions)
    return [case for group in (*groups, *later) for case in group(ndl)]


CASES = cases(needle)
