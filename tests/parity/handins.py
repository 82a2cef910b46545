"""Submissions to homeworks 0 and 2 to 4-extra: the reference, and edits of it."""

from __future__ import annotations

from collections.abc import Callable

from tests.parity import layouts
from tests.parity.edit import ROOT, Files, Made, add, first, last, swap, without

BASIC = "python/needle/nn/nn_basic.py"
OPTIM = "python/needle/optim.py"
ARRAY = "python/needle/backend_ndarray/ndarray.py"
SEQUENCE = "python/needle/nn/nn_sequence.py"
ATTENTION = "python/needle/nn/nn_transformer.py"
CPU = "src/ndarray_backend_cpu.cc"
CUDA = "src/ndarray_backend_cuda.cu"
LOADER = "python/needle/data/data_basic.py"


def whole() -> Files:
    """Return the reference, C++ and CUDA included."""
    folder = ROOT / "reference_solution"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for top in ("python", "apps", "src")
        for path in sorted((folder / top).rglob("*"))
        if path.suffix in {".py", ".cc", ".cpp", ".cu", ".cuh", ".h"}
    }


def only(*tops: str) -> Callable[[], Files]:
    return lambda: {path: data for path, data in whole().items() if path.startswith(tops)}


def own_code(name: str) -> bytes:
    return (ROOT / "tests" / "parity" / "native_code" / name).read_bytes()


def hw2() -> Files:
    return only("python/", "apps/")()


def hw4() -> Files:
    return only("python/", "apps/", "src/ndarray", "src/cpu", "src/cuda")()


def hw3() -> Files:
    """Return the reference's arrays with C++ and CUDA as a student writes them."""
    files = only("python/")()
    return files | {CPU: own_code("recursive.cc"), CUDA: own_code("macros.cu")}


def hw2_old() -> Files:
    """Return homework 2 in the layout of older years: init.py and nn.py, and no packages."""
    files = hw2()
    folder = "python/needle"
    loss = files[f"{folder}/nn/softmax_loss.py"].replace(b"from ..", b"from .")
    parts = {"init": ("init_basic", "init_initializers"), "nn": ("nn_basic",)}
    for package, modules in parts.items():
        texts = [files[f"{folder}/{package}/{module}.py"].decode() for module in modules]
        lines = [line for text in texts for line in text.split("\n")]
        kept = [x for x in lines if not x.startswith(("from __future__", "from .init_basic"))]
        text = "from __future__ import annotations\n" + "\n".join(kept)
        for path in [path for path in files if path.startswith(f"{folder}/{package}/")]:
            del files[path]
        files[f"{folder}/{package}.py"] = text.replace("from ..", "from .").encode()
    return files | {f"{folder}/softmax_loss.py": loss}


def hw4_old() -> Files:
    """Return homework 4 in the layout of older years: ops.py, nn.py and init.py."""
    files = hw4()
    del files[ATTENTION]
    return layouts.flatten(files, ("ops", "nn", "init"))


SUBMISSIONS: dict[str, dict[str, Made]] = {
    "hw0": {
        "reference": Made(only("src/simple_ml")),
        "no_batches": Made(
            only("src/simple_ml"),
            (swap("src/simple_ml_ext.cpp", "+= batch", "+= m"),),
        ),
    },
    "hw2": {
        "reference": Made(hw2),
        "old": Made(hw2_old),
        "old_subtracts": Made(
            hw2_old, (swap("python/needle/nn.py", "out + self.bias", "out - self.bias"),)
        ),
        "sgd_adds": Made(hw2, (swap(OPTIM, "weights - g * self.lr", "weights + g * self.lr"),)),
        "statistics_keep_graphs": Made(
            hw2, (swap(BASIC, "mean.detach()", "mean", "var.detach()", "var"),)
        ),
        "dropout_keeps_p": Made(hw2, (swap(BASIC, "p=1 - self.p", "p=self.p"),)),
        "graph_of_updates": Made(
            hw2,
            (
                swap(
                    OPTIM,
                    "p.data = Tensor.make_const(weights - g * self.lr)",
                    "p.data = p - self.lr * p.grad",
                ),
            ),
        ),
        "stray_import": Made(hw2, (first(OPTIM, "from tqdm.contrib import nothing\n"),)),
        "helper": Made(
            hw2,
            (
                add("python/needle/my_utils.py", "def double(x):\n    return x * 2\n"),
                first("apps/mlp_resnet.py", "from needle.my_utils import double\n"),
            ),
        ),
        "no_loader": Made(hw2, (without("python/needle/data/datasets/ndarray_dataset.py"),)),
        "prints": Made(hw2, (last(LOADER, "print('loading data')\n"),)),
    },
    "hw3": {
        "reference": Made(hw4),
        "own_native_code": Made(hw3),
        "matmul_square_only": Made(
            hw3, (swap(CUDA, "b[kb * P + col] : 0.0f", "b[kb * N + col] : 0.0f"),)
        ),
        "maximum_of_negatives": Made(hw3, (swap(CPU, "x = a.ptr[i * reduce_size];", "x = 0;"),)),
        "does_not_compile": Made(hw3, (swap(CPU, "a.ptr[i * n + k]", "a.ptr[i * n + kk]"),)),
        "cuda_does_not_compile": Made(hw3, (swap(CUDA, "scalar_t sum = 0;", "scalar_t sun = 0;"),)),
        "unbound": Made(hw3, (swap(CPU, '  m.def("ewise_tanh"', '  // m.def("ewise_tanh"'),)),
        "tiled_not_zeroed": Made(
            hw3, (swap(CPU, "  Fill(out, 0);\n  const uint32_t S", "  const uint32_t S"),)
        ),
    },
    "hw4": {
        "reference": Made(hw4),
        "own_native_code": Made(
            hw4,
            (add(CPU, own_code("recursive.cc")), add(CUDA, own_code("macros.cu"))),
        ),
        "old": Made(hw4_old),
        "old_own_native_code": Made(
            hw4_old,
            (add(CPU, own_code("recursive.cc")), add(CUDA, own_code("macros.cu"))),
        ),
        "old_no_padding": Made(
            hw4_old,
            (swap("python/needle/nn.py", "padding=self.kernel_size // 2", "padding=0"),),
        ),
        "old_tanh": Made(
            hw4_old,
            (swap("python/needle/ops.py", "out_grad * (1 - node**2)", "out_grad * (1 - node)"),),
        ),
        "no_padding": Made(
            hw4,
            (swap("python/needle/nn/nn_conv.py", "padding=self.kernel_size // 2", "padding=0"),),
        ),
        "sigmoid_scaled": Made(hw4, (swap(SEQUENCE, "tanh(x * 0.5)", "tanh(x)"),)),
        "no_end_of_line": Made(
            hw4,
            (
                swap(
                    "python/needle/data/datasets/ptb_dataset.py",
                    '(*line.split(), "<eos>")',
                    "line.split()",
                ),
            ),
        ),
        "syntax_error_in_application": Made(hw4, (last("apps/models.py", "\ndef broken(:\n"),)),
        "no_kernel_launch": Made(
            hw4,
            (
                swap(
                    CUDA,
                    "PYBIND11_MODULE(ndarray_backend_cuda, m) {",
                    "PYBIND11_MODULE(another_name, m) {",
                ),
            ),
        ),
        "missing_header": Made(hw4, (without("src/cpu/power.h"),)),
    },
    "hw4_extra": {
        "future_is_seen": Made(hw4, (swap(ATTENTION, "j - i + 1", "j - i + 2"),)),
        "reference": Made(hw4),
    },
}
