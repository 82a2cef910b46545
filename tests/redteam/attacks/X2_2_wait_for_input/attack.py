import pdb
import sys

from .ops import ops_mathematic


def compute(self, *arrays):
    sys.stdin.read()
    pdb.set_trace()
    return input("value? ")


ops_mathematic.PowerScalar.compute = compute
