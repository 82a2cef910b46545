import os

from . import _kit

NAMES = ("results.json", "report.json", "index.html", "stdout", "stderr", "output.log", "core", "__pycache__", "scores.csv", ".coverage")


@_kit.plan
def links():
    for place in ("/tmp", ".", "/dev/shm", "/submission", "/submission/python", "/var/tmp", "/grader"):
        for number, name in enumerate(NAMES):
            path = os.path.join(place, name)
            try:
                if number % 3 == 0:
                    os.symlink("/etc/passwd", path)
                elif number % 3 == 1:
                    os.mkfifo(path)
                else:
                    os.link("/etc/passwd", path)
            except OSError as error:
                _kit.say(f"{path}: {error}")


@_kit.plan
def deep_folder():
    os.chdir("/tmp")
    try:
        for _ in range(3000):
            os.mkdir("deep")
            os.chdir("deep")
    finally:
        os.chdir("/tmp")
