"""Half-finished work, files that are odd, and habits of students."""

from __future__ import annotations

from tests.parity.edit import (
    AUTOGRAD,
    INIT,
    ML,
    OPS,
    Made,
    add,
    body,
    classic,
    every,
    example,
    first,
    homework_2,
    last,
    old,
    swap,
    tabs,
    without,
)

MISSING = "raise NotImplementedError()"

HABITS: dict[str, Made] = {
    # half finished
    "half_finished": Made(
        classic,
        (
            body(OPS, "MatMul", "gradient", MISSING),
            body(OPS, "ReLU", "compute", MISSING),
            body(OPS, "BroadcastTo", "gradient", MISSING),
            body(ML, "", "nn_epoch", MISSING),
        ),
    ),
    "no_reverse_mode": Made(old, (body(AUTOGRAD, "", "compute_gradient_of_variables", "pass"),)),
    "debug_prints": Made(
        classic,
        (
            body(OPS, "MatMul", "compute", "print('matmul', a.shape, b.shape, a)", "return a @ b"),
            first(ML, "print('loading simple_ml')\n"),
            swap(
                AUTOGRAD, "        node.grad = sum", "        print(node)\n        node.grad = sum"
            ),
        ),
    ),
    "debugger": Made(
        example, (swap(ML, "batch_size = Z.shape[0]", "batch_size = Z.shape[0]; breakpoint()"),)
    ),
    # files
    "syntax_error": Made(classic, (swap(OPS, "class Log(TensorOp):", "class Log(TensorOp)"),)),
    "python_2": Made(old, (last(ML, "\nprint 'done'\n"),)),
    "ml_syntax_error": Made(classic, (last(ML, "\ndef broken(:\n"),)),
    "stray_import": Made(classic, (first(OPS, "from more_itertools import chunked\n"),)),
    "stray_socket_import": Made(example, (first(ML, "from socket import AF_X25\n"),)),
    "circular_import": Made(
        classic, (first(AUTOGRAD, "from needle.ops.ops_mathematic import add\n"),)
    ),
    "windows": Made(classic, (every(lambda data: data.replace(b"\n", b"\r\n")),)),
    "tabs": Made(old, (every(tabs),)),
    "mixed_tabs": Made(
        classic,
        (
            swap(
                OPS,
                "        x, y = node.inputs\n        return y",
                "\tx, y = node.inputs\n        return y",
            ),
        ),
    ),
    "byte_order_mark": Made(classic, (every(lambda data: b"\xef\xbb\xbf" + data),)),
    "latin_1": Made(example, (lambda files: files.update({ML: files[ML] + b"\n# caf\xe9\n"}),)),
    "latin_1_declared": Made(
        classic,
        (lambda files: files.update({ML: b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + files[ML]}),),
    ),
    "unicode_names": Made(classic, (last(ML, "\ndéjà = '→ vu'\nprint(déjà)\n"),)),
    "cumulative": Made(classic, (homework_2,)),
    "old_cumulative": Made(old, (homework_2,)),
    "helpers": Made(
        classic,
        (
            add(
                "python/needle/utils.py",
                "def unbroadcast(g, shape):\n    return g.reshape(shape)\n",
            ),
            first(
                OPS,
                "from ..utils import unbroadcast\nfrom needle.utils import unbroadcast as again\n",
            ),
            add("apps/helpers.py", "import needle as ndl\nONE = ndl.Tensor([1.0])\n"),
            first(ML, "import helpers\nfrom helpers import ONE\n"),
            add("apps/train.py", "raise SystemExit('only for me')\n"),
        ),
    ),
    "no_init_files": Made(classic, (without("python/needle/backend_numpy.py"),)),
    # habits
    "seeds_everywhere": Made(
        classic,
        (
            first(ML, "import numpy as np\nnp.random.seed(0)\n"),
            swap(
                ML,
                "    classes = W2.shape[1]\n",
                "    np.random.seed(0)\n    classes = W2.shape[1]\n    np.random.permutation(9)\n",
            ),
        ),
    ),
    "draws_in_gradient": Made(
        old,
        (
            body(
                "python/needle/ops.py",
                "Exp",
                "compute",
                "array_api.random.rand(2)",
                "return array_api.exp(a)",
            ),
        ),
    ),
    "own_generator": Made(
        classic,
        (
            swap(
                ML,
                "    classes = W2.shape[1]\n",
                "    np.random.default_rng(1).random(3)\n    classes = W2.shape[1]\n",
            ),
        ),
    ),
    "global_state": Made(
        classic,
        (
            swap(OPS, 'BACKEND = "np"', 'BACKEND = "np"\nCALLS = []'),
            body(OPS, "Negate", "compute", "CALLS.append(a)", "return -a if len(CALLS) < 4 else a"),
        ),
    ),
    "patches_numpy": Made(
        classic,
        (
            first(
                INIT,
                "import numpy\n_sum = numpy.sum\nnumpy.sum = lambda a, *k, **o: _sum(a, *k, **o)\n"
                "numpy.set_printoptions(precision=2)\n",
            ),
        ),
    ),
    "warns": Made(
        classic,
        (
            body(
                OPS,
                "Log",
                "compute",
                "import warnings",
                "warnings.warn('log of ' + str(a.shape))",
                "return array_api.log(a)",
            ),
            first(ML, "import warnings\nwarnings.warn('old', DeprecationWarning)\n"),
        ),
    ),
    "silences_errors": Made(classic, (first(INIT, "import numpy\nnumpy.seterr(all='raise')\n"),)),
    "asserts": Made(
        classic,
        (
            body(
                OPS,
                "MatMul",
                "compute",
                "assert a.ndim == b.ndim == 2, f'only matrices, not {a.shape}'",
                "return a @ b",
            ),
        ),
    ),
    "own_exceptions": Made(
        classic,
        (
            swap(
                OPS,
                'BACKEND = "np"',
                'BACKEND = "np"\n\n\nclass ShapeError(ValueError):\n'
                '    def __init__(self, shape, *, why="shape"):\n'
                "        super().__init__(f'{why} {shape}')\n        self.shape = shape\n",
            ),
            body(
                OPS,
                "Reshape",
                "compute",
                "if a.size != array_api.prod(self.shape):",
                "    raise ShapeError(self.shape)",
                "return a.reshape(self.shape)",
            ),
        ),
    ),
    "catches_everything": Made(
        classic,
        (body(OPS, "MatMul", "compute", "try:", "    return a @ b", "except:", "    return None"),),
    ),
    "exits_on_import": Made(example, (last(ML, "\nimport sys\nsys.exit(0)\n"),)),
    "quits_in_function": Made(classic, (body(OPS, "Log", "compute", "print('todo')", "quit()"),)),
    "main_block": Made(
        classic, (last(ML, "\n\nif __name__ == '__main__':\n    X, y = parse_mnist('a', 'b')\n"),)
    ),
    "trains_on_import": Made(
        old,
        (
            last(
                ML,
                "\n"
                "X, y = parse_mnist('data/train-images-idx3-ubyte.gz',\n"
                "                   'data/train-labels-idx1-ubyte.gz')\n",
            ),
        ),
    ),
    "deep_recursion": Made(
        classic, (first(AUTOGRAD, "import sys\nsys.setrecursionlimit(20000)\n"),)
    ),
    "endless_recursion": Made(
        classic, (body(OPS, "Negate", "gradient", "return negate(self.gradient(out_grad, node))"),)
    ),
    "slow": Made(
        classic,
        (
            body(
                OPS,
                "Reshape",
                "compute",
                "import time",
                "time.sleep(0.0005)",
                "return a.reshape(self.shape)",
            ),
        ),
    ),
    "threads": Made(
        classic,
        (
            body(
                OPS,
                "MatMul",
                "compute",
                "from concurrent.futures import ThreadPoolExecutor",
                "with ThreadPoolExecutor(2) as pool:",
                "    return pool.submit(array_api.matmul, a, b).result()",
            ),
        ),
    ),
    "caches_on_disk": Made(
        classic,
        (
            swap(
                ML,
                "def parse_mnist",
                "import tempfile\nopen(tempfile.gettempdir() + '/log.txt', 'a').write('x')\n\n\n"
                "def parse_mnist",
            ),
        ),
    ),
    "annotated": Made(
        classic,
        (
            swap(
                ML,
                "import needle as ndl",
                "import needle as ndl\nfrom typing import *\n"
                "from dataclasses import dataclass\n\n\n"
                "@dataclass\nclass Config:\n    lr: float = 0.1\n\n\nabs = lambda x: 0\n"
                "max = min\n",
            ),
        ),
    ),
    "slots_and_properties": Made(
        classic,
        (
            swap(
                AUTOGRAD,
                "    data = property(lambda self: self.detach())",
                "    ndim = property(lambda self: len(self.shape))\n"
                "    T = property(lambda self: self.transpose())\n\n"
                "    def __getattr__(self, name):\n        raise AttributeError('no ' + name)\n\n"
                "    data = property(lambda self: self.detach())",
            ),
        ),
    ),
}
