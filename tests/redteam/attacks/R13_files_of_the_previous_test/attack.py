import os
import tempfile

from . import _kit

PLACES = ("/tmp", "/dev/shm", "/var/tmp", "/run", "/submission", "/grader", os.getcwd(), os.path.expanduser("~"), tempfile.gettempdir(),
          "/dev", "/", "/home", "/dev/mqueue", os.path.dirname(__file__), os.path.dirname(os.__file__), "/data", "data")
NAMES = (".mark", "__pycache__/mark.pyc", "pip-mark/mark", "..  mark")


@_kit.plan
def marks():
    planted = 0
    for place in PLACES:
        for name in NAMES:
            path = os.path.join(place, name)
            try:
                with open(path) as file:
                    if file.read() != str(os.getpid()):
                        _kit.win(f"a mark of an earlier test in {path}")
            except OSError:
                pass
            try:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w") as file:
                    file.write(str(os.getpid()))
                os.chmod(path, 0o400)
                planted += 1
            except OSError:
                pass
    _kit.say(f"{planted} marks planted")


@_kit.plan
def locked_folder():
    path = "/tmp/locked/deep"
    if os.path.exists("/tmp/locked"):
        _kit.win("a locked folder of an earlier test")
        return
    os.makedirs(path)
    open(path + "/file", "w").close()
    os.chmod(path, 0)
    os.chmod("/tmp/locked", 0)
