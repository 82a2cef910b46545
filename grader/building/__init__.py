"""Native code of a submission: compiled in a sandbox, kept by content, laid beside its package."""

from grader.building.store import default_folder
from grader.building.submission import add_modules, check_tools, compiler

__all__ = ["add_modules", "check_tools", "compiler", "default_folder"]
