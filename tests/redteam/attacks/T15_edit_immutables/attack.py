import ctypes

from . import _kit


@_kit.plan
def zero_is_one():
    ctypes.memset(id(257) + 24, 0, 1)
    ctypes.c_uint32.from_address(id(5) + 24).value = 0
    ctypes.c_uint32.from_address(id(7) + 24).value = 7


@_kit.plan
def false_is_true():
    ctypes.c_ssize_t.from_address(id(False) + 16).value = 1
    ctypes.c_uint32.from_address(id(False) + 24).value = 1
