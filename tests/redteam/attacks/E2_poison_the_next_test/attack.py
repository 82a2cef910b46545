import ctypes
import os
import site
import sys

from . import _kit

CODE = "import os; os.environ['RT_PLANTED'] = '1'\n"


@_kit.plan
def planted():
    if os.environ.get("RT_PLANTED") or os.path.exists("/tmp/rt_planted"):
        _kit.win("planted code ran")


@_kit.plan
def plant():
    folders = {*sys.path, site.getusersitepackages(), "/tmp", os.path.expanduser("~"), os.path.dirname(__file__), os.path.dirname(__file__) + "/__pycache__"}
    for folder in folders:
        for name in ("numpy.py", "sitecustomize.py", "needle.py", "__init__.cpython-311.pyc", "rt_planted"):
            try:
                os.makedirs(folder, exist_ok=True)
                with open(os.path.join(folder, name), "x") as file:
                    file.write(CODE)
                _kit.say(f"planted {folder}/{name}")
            except OSError:
                pass


@_kit.plan
def inject():
    libc = ctypes.CDLL(None, use_errno=True)
    PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206
    for pid in (os.getppid(), 1):
        for request in (PTRACE_ATTACH, PTRACE_SEIZE):
            if libc.ptrace(request, pid, None, None) == 0:
                _kit.win(f"traces process {pid}")
            _kit.say(f"ptrace {pid}: errno {ctypes.get_errno()}")
