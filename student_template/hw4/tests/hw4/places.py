"""The devices that tests run on: the CPU, and what else there is."""

from grader.testing import on_student_side


@on_student_side
def others():
    """Return the names of the devices besides the CPU: NumPy's, and CUDA where it is enabled."""
    import needle as ndl

    names = ("cpu_numpy", "cuda")
    return [name for name in names if hasattr(ndl, name) and getattr(ndl, name)().enabled()]


def check_place(found, device, name):
    """Check that a result (array, dtype, device, each but the first as text) is where it should."""
    _, dtype, where = found
    assert dtype == "float32", f"{name} has dtype {dtype}"
    assert where == f"{device}()", f"{name} is on {where}, not on {device}()"
