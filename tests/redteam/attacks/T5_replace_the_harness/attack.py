import ctypes
import os
import sys

import numpy

from . import _kit

FILES = ("/grader/worker.py", "/grader/wire.py", numpy.__file__, os.__file__, sys.executable, "/submission/python/needle/__init__.py",
         getattr(sys.modules["__main__"], "__file__", None) or "/grader/worker.py", "/etc/passwd", "/etc/ld.so.preload", "/usr/bin/env")


@_kit.plan
def write():
    for path in FILES:
        try:
            with open(path, "r+b") as file:
                _kit.win(f"{path} can be written: {file.fileno()}")
                return
        except OSError as error:
            _kit.say(f"{path}: {error}")


@_kit.plan
def loaded_modules():
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        try:
            with open(path or "", "r+b"):
                _kit.win(f"the file of {name} can be written")
                return
        except OSError:
            pass


@_kit.plan
def rename_over():
    for path in FILES:
        fake = path + ".rt"
        try:
            with open(fake, "w") as file:
                file.write("raise SystemExit(0)")
            os.remove(fake)
            _kit.win(f"a file can be put beside {path}")
            return
        except OSError as error:
            _kit.say(f"{fake}: {error}")


@_kit.plan
def mount_over():
    libc = ctypes.CDLL(None, use_errno=True)
    for target in (b"/grader", b"/submission", b"/"):
        if libc.mount(b"/tmp", target, None, 4096, None) == 0 or libc.mount(None, target, None, 32, None) == 0:
            _kit.win(f"mounted over {target.decode()}")
        _kit.say(f"mount on {target.decode()}: errno {ctypes.get_errno()}")
