import os

from . import _kit
from grader.proxy import wire

armed = []
honest = wire.frame


def frame(kind, number, body, blobs=(), flags=0):
    if armed and kind in (wire.REPLY, wire.RAISED):
        armed.clear()
        _kit.say("forged a reply")
        return forge(kind, number, body, blobs, flags)
    return honest(kind, number, body, blobs, flags)


wire.frame = frame


@_kit.plan
def arm():
    armed.append(True)


def raised(number, known, name=None, system=1, message="m", text="t", arguments=("t",), kind=0):
    body = [[kind, known, name or known, system, message, text, list(arguments)], [], []]
    return honest(wire.RAISED, number, body)


def lie_exit(number):
    return raised(number, "SystemExit")


def lie_interrupt(number):
    return raised(number, "KeyboardInterrupt", system=0)


def lie_skip(number):
    return raised(number, "Skipped", "_pytest.outcomes.Skipped")


def lie_fault(number):
    return raised(number, "InfrastructureError", "grader.errors.InfrastructureError")


def lie_arguments(number):
    return raised(number, "ValueError", arguments=("l", 1))


def lie_text(number):
    return raised(number, "ValueError", message=["t"])


def lie_kind(number):
    return raised(number, "ValueError", kind=-4)


def lie_memory(number):
    return raised(number, "MemoryError")


def lie_os_error(number):
    return raised(number, "OSError", arguments=("t", 28, "No space left on device"))


def forge(kind, number, body, blobs, flags):
    variants = [value for name, value in sorted(globals().items()) if name.startswith("lie_")]
    return variants[os.getpid() % len(variants)](number)
