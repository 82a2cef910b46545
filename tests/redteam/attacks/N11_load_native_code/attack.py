import ctypes
import mmap
import os

from . import _kit

EXIT_ZERO = bytes.fromhex("b83c000000" "31ff" "0f05")
RETURN_42 = bytes.fromhex("b82a000000" "c3")


@_kit.plan
def machine_code():
    area = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    area.write(RETURN_42)
    function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))
    _kit.say(f"machine code returned {function()}")


@_kit.plan
def prebuilt_library():
    for place in ("/tmp", "/dev/shm", os.path.dirname(__file__)):
        path = os.path.join(place, "rt_lib.so")
        try:
            with open(path, "wb") as file:
                file.write(b"\x7fELF" + bytes(60))
            ctypes.CDLL(path)
        except OSError as error:
            _kit.say(f"{path}: {error}")
    if os.path.exists(os.path.join(os.path.dirname(__file__), "prebuilt.so")):
        _kit.win("a prebuilt library came through intake")
