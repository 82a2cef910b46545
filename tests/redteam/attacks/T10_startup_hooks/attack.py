import os
import site
import sys

from . import _kit

LINE = "import os; os.environ['RT_STARTUP_HOOK'] = '1'\n"


@_kit.plan
def ran_by_itself():
    if os.environ.get("RT_STARTUP_HOOK"):
        _kit.win("a start-up hook ran without being imported")


@_kit.plan
def write_hooks():
    for folder in {*sys.path, *site.getsitepackages(), site.getusersitepackages()}:
        for name in ("rt.pth", "sitecustomize.py", "usercustomize.py"):
            try:
                with open(os.path.join(folder, name), "w") as file:
                    file.write(LINE)
                _kit.win(f"{name} can be written to {folder}")
            except OSError:
                pass
