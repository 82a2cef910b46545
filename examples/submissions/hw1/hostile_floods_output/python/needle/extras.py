"""The gradient of division prints for ever."""

import os

from .ops import ops_mathematic


def gradient(self, out_grad, node):
    line = b"spam and eggs " * 4096
    while True:
        os.write(1, line)
        os.write(2, line)


ops_mathematic.EWiseDiv.gradient = gradient
