"""Every name of the course can be imported from each module that the course has it in.

From the reference, and from the template of each homework that has the module. The index below is
that of the course's interface; what a homework does not have yet its template must not have either.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ORDER = ("hw1", "hw2", "hw3", "hw4", "hw4_extra")

SCALARS = (
    "AddScalar MulScalar PowerScalar DivScalar add_scalar mul_scalar power_scalar divide_scalar"
)
PAIRS = "EWiseAdd EWiseMul EWisePow EWiseDiv MatMul add multiply power divide matmul"
ONES = "Negate Log Exp ReLU negate log exp relu"
SHAPES = "Transpose Reshape BroadcastTo Summation transpose reshape broadcast_to summation"
TUPLES = "MakeTensorTuple TupleGetItem make_tuple tuple_get_item"
FUSED = "FusedAddScalars fused_add_scalars"
LATE = "Tanh Stack Split Flip Dilate UnDilate Conv tanh stack split flip dilate undilate conv"
LOGARITHMS = "LogSoftmax LogSumExp logsoftmax logsumexp"
BASIC_INIT = "rand randn constant ones zeros randb one_hot zeros_like ones_like"
INITIALIZERS = "xavier_uniform xavier_normal kaiming_uniform kaiming_normal"
AUTOGRAD = (
    "Op TensorOp TensorTupleOp Value TensorTuple Tensor compute_gradient_of_variables"
    " find_topo_sort topo_sort_dfs sum_node_list LAZY_MODE TENSOR_COUNTER NDArray array_api cpu"
    " all_devices Device"
)
MODULES = (
    "Parameter Module Identity Linear Flatten ReLU Sequential SoftmaxLoss BatchNorm1d LayerNorm1d"
    " Dropout Residual"
)
SEQUENCES = "Sigmoid RNNCell RNN LSTMCell LSTM Embedding"
ATTENTION = "MultiHeadAttention AttentionLayer TransformerLayer Transformer"
MNIST = "MNISTDataset NDArrayDataset"
LATE_DATA = "CIFAR10Dataset Dictionary Corpus batchify get_batch"
TRANSFORMS = "Transform RandomFlipHorizontal RandomCrop"
OWN_DEVICES = "BackendDevice NDArray cuda cpu_numpy cpu default_device all_devices"
OWN_ARRAYS = f"{OWN_DEVICES} prod array empty full broadcast_to reshape maximum log exp tanh sum"

#: homework from which on -> module -> names
INDEX: dict[str, dict[str, str]] = {
    "hw1": {
        "needle": f"Tensor cpu all_devices ops init autograd {SCALARS} {PAIRS} {ONES} {SHAPES}"
        " ones zeros zeros_like ones_like",
        "needle.autograd": AUTOGRAD,
        "needle.backend_numpy": "Device CPUDevice cpu default_device all_devices",
        "needle.init": BASIC_INIT,
        "needle.init.init_basic": BASIC_INIT,
        "needle.ops": f"{SCALARS} {PAIRS} {ONES} {SHAPES}",
        "needle.ops.ops_mathematic": f"{SCALARS} {PAIRS} {ONES} {SHAPES} BACKEND array_api"
        " NDArray Op Tensor TensorOp TensorTuple TensorTupleOp Value",
    },
    "hw2": {
        "needle": "nn optim data",
        "needle.init": INITIALIZERS,
        "needle.init.init_initializers": INITIALIZERS,
        "needle.ops": f"{LOGARITHMS} {TUPLES} {FUSED}",
        "needle.ops.ops_logarithmic": LOGARITHMS,
        "needle.ops.ops_tuple": f"{TUPLES} {FUSED}",
        "needle.nn": MODULES,
        "needle.nn.nn_basic": MODULES,
        "needle.optim": "Optimizer SGD Adam",
        "needle.data": f"Dataset DataLoader {TRANSFORMS} {MNIST}",
        "needle.data.data_basic": "Dataset DataLoader",
        "needle.data.data_transforms": TRANSFORMS,
        "needle.data.datasets": MNIST,
        "needle.data.datasets.mnist_dataset": "MNISTDataset",
        "needle.data.datasets.ndarray_dataset": "NDArrayDataset",
    },
    "hw3": {
        "needle.backend_selection": "BACKEND array_api NDArray Device all_devices cpu"
        " default_device",
        "needle.backend_ndarray": OWN_ARRAYS,
        "needle.backend_ndarray.ndarray": OWN_ARRAYS,
        "needle.backend_ndarray.ndarray_backend_numpy": "Array to_numpy from_numpy fill compact"
        " ewise_setitem scalar_setitem ewise_add scalar_add ewise_mul scalar_mul ewise_div"
        " scalar_div scalar_power ewise_maximum scalar_maximum ewise_eq scalar_eq ewise_ge"
        " scalar_ge ewise_log ewise_exp ewise_tanh matmul reduce_max reduce_sum __device_name__",
    },
    "hw4": {
        "needle": LATE,
        "needle.ops": LATE,
        "needle.ops.ops_mathematic": LATE,
        "needle.backend_ndarray": "flip",
        "needle.backend_ndarray.ndarray": "flip",
        "needle.nn": f"BatchNorm2d Conv {SEQUENCES}",
        "needle.nn.nn_basic": "BatchNorm2d",
        "needle.nn.nn_conv": "Conv",
        "needle.nn.nn_sequence": SEQUENCES,
        "needle.data": LATE_DATA,
        "needle.data.datasets": LATE_DATA,
        "needle.data.datasets.cifar10_dataset": "CIFAR10Dataset",
        "needle.data.datasets.ptb_dataset": "Dictionary Corpus batchify get_batch",
    },
    "hw4_extra": {"needle.nn": ATTENTION, "needle.nn.nn_transformer": ATTENTION},
}

#: imports what it is told to, and prints what cannot be; nothing has been compiled
IMPORT = """
import json, sys, types
compiled = "needle.backend_ndarray.ndarray_backend_cpu"
sys.modules[compiled] = types.ModuleType(compiled)
missing = []
for module, names in json.loads(sys.argv[1]):
    for name in names:
        try:
            exec(f"from {module} import {name}", {})
        except ImportError as error:
            missing.append(f"from {module} import {name}: {error}")
print(json.dumps(missing))
"""


def missing(folder: Path, homeworks: tuple[str, ...]) -> list[str]:
    """Return the names of these homeworks that cannot be imported from what `folder` holds."""
    wanted = [(m, names.split()) for hw in homeworks for m, names in INDEX[hw].items()]
    done = subprocess.run(
        [sys.executable, "-B", "-c", IMPORT, json.dumps(wanted)],
        env={"PATH": os.environ["PATH"], "NEEDLE_BACKEND": "np", "PYTHONPATH": "python"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[str] = json.loads(done.stdout)
    return found


def test_reference() -> None:
    assert missing(ROOT / "reference_solution", ORDER) == []


@pytest.mark.parametrize("homework", ORDER)
def test_template(homework: str) -> None:
    """A template has the names of its homework and of earlier ones."""
    folder = ROOT / "student_template" / homework
    assert missing(folder, ORDER[: ORDER.index(homework) + 1]) == []


def test_operators_are_the_same_wherever_they_come_from() -> None:
    from needle import ops
    from needle.ops import ops_arrangement, ops_convolution, ops_hyperbolic, ops_mathematic

    for name in LATE.split():
        assert getattr(ops_mathematic, name) is getattr(ops, name)
    assert ops_mathematic.Conv is ops_convolution.Conv
    assert ops_mathematic.split is ops_arrangement.split
    assert ops_mathematic.tanh is ops_hyperbolic.tanh


def test_files_of_operators_may_use_each_other(tmp_path: Path) -> None:
    """Students' convolution uses `transpose` of another file: no circle, whatever comes first."""
    shutil.copytree(ROOT / "student_template/hw4/python", tmp_path / "python")
    path = tmp_path / "python/needle/ops/ops_convolution.py"
    text = path.read_text().replace(
        "from .ops_arrangement import",
        "from .ops_mathematic import transpose\nfrom .ops_arrangement import",
    )
    path.write_text(text)
    assert "import transpose" in text
    assert missing(tmp_path, ORDER[:4]) == []
