import ctypes
import os
import signal

from . import _kit


@_kit.plan
def attack():
    signal.signal(signal.SIGSEGV, lambda *arguments: os._exit(0))
    ctypes.string_at(0)
