from .ops import ops_mathematic

calls = []


def compute(self, *arrays):
    import asyncio
    kinds = [GeneratorExit, asyncio.CancelledError, type("Own", (BaseException,), {}), BaseExceptionGroup("g", [KeyboardInterrupt()])]
    calls.append(1)
    raise kinds[len(calls) % len(kinds)]


ops_mathematic.EWiseDiv.compute = compute
