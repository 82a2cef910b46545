from .ops import ops_mathematic

calls = []


def compute(self, *arrays):
    class Odd(AssertionError, StopIteration):
        __class__ = property(lambda self: KeyboardInterrupt)
        args = property(lambda self: (self,) * 1000)

        def __str__(self):
            return "x" * 50_000_000

        def __reduce__(self):
            return (print, ("unpickled",))
    raise Odd("odd")


ops_mathematic.EWiseDiv.compute = compute
