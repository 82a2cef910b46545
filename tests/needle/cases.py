"""One list of cases for every operator: what to call in Needle, what in PyTorch, and on what.

Each test module runs all of them: forward, gradients of several orders, eager against lazy, one
device against another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import needle as ndl
import numpy as np
import torch

Shape = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    needle: Callable[..., ndl.Tensor]
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


def elementwise() -> list[Case]:
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


def with_numbers() -> list[Case]:
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


def broadcast_powers() -> list[Case]:
    return [
        Case(
            name=f"power {shapes}", needle=ndl.power, torch=torch.pow, shapes=shapes, positive=True
        )
        for shapes in (((5, 4), (4,)), ((4,), (5, 4)), ((5, 4), ()), ((5, 1), (3, 1, 4)))
    ]


def shapes() -> list[Case]:
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


def sums() -> list[Case]:
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


def products() -> list[Case]:
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


def programs() -> list[Case]:
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


CASES: list[Case] = [
    *elementwise(),
    *with_numbers(),
    *broadcast_powers(),
    *shapes(),
    *sums(),
    *products(),
    *programs(),
]
