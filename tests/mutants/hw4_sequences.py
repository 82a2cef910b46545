"""Mistakes in recurrent networks, embeddings and language models."""

from __future__ import annotations

from tests.mutants.hw4_operators import Mistakes, variants

_RNN_CELL_INIT = """
super().__init__()
self.nonlinearity = nonlinearity
bound = 1 / sqrt(hidden_size)
where = {"low": -bound, "high": bound, "device": device, "dtype": dtype}
self.W_ih = Parameter(init.rand(input_size, hidden_size, **where))
self.W_hh = Parameter(init.rand(hidden_size, hidden_size, **where))
self.bias_ih = Parameter(init.rand(hidden_size, **where)) if bias else None
self.bias_hh = Parameter(init.rand(hidden_size, **where)) if bias else None
"""
_RNN_CELL = """
if h is None:
    h = init.zeros(X.shape[0], self.W_hh.shape[0], device=X.device, dtype=X.dtype)
out = X @ self.W_ih + h @ self.W_hh
if self.bias_ih is not None:
    out = out + (self.bias_ih + self.bias_hh).broadcast_to(out.shape)
return ops.tanh(out) if self.nonlinearity == "tanh" else ops.relu(out)
"""
_RNN_INIT = """
super().__init__()
sizes = [input_size] + [hidden_size] * (num_layers - 1)
self.rnn_cells = [RNNCell(n, hidden_size, bias, nonlinearity, device, dtype) for n in sizes]
"""
_RNN = """
steps = list(ops.split(X, 0).tuple())
last = []
for layer, cell in enumerate(self.rnn_cells):
    h = None if h0 is None else ops.split(h0, 0).tuple()[layer]
    for t in range(len(steps)):
        h = cell(steps[t], h)
        steps[t] = h
    last.append(h)
return ops.stack(steps, 0), ops.stack(last, 0)
"""

RNN: Mistakes = {
    **variants(
        "RNNCell.__init__",
        _RNN_CELL_INIT,
        {
            "bound of the input": ("1 / sqrt(hidden_size)", "1 / sqrt(input_size)"),
            "one bias": (
                "self.bias_hh = Parameter(init.rand(hidden_size, **where)) if bias else None",
                "self.bias_hh = None",
            ),
            "bias always": (" if bias else None", ""),
            "states drawn first": (
                "self.W_ih = Parameter(init.rand(input_size, hidden_size, **where))\n"
                "self.W_hh = Parameter(init.rand(hidden_size, hidden_size, **where))",
                "self.W_hh = Parameter(init.rand(hidden_size, hidden_size, **where))\n"
                "self.W_ih = Parameter(init.rand(input_size, hidden_size, **where))",
            ),
            "biases in a row": ("init.rand(hidden_size, **", "init.rand(1, hidden_size, **"),
            "default device": ('"device": device', '"device": None'),
        },
    ),
    **variants(
        "RNNCell.forward",
        _RNN_CELL,
        {
            "always tanh": ('self.nonlinearity == "tanh"', "True"),
            "no product with a zero state": (
                "if h is None:\n"
                "    h = init.zeros(X.shape[0], self.W_hh.shape[0], device=X.device, "
                "dtype=X.dtype)\nout = X @ self.W_ih + h @ self.W_hh",
                "out = X @ self.W_ih if h is None else X @ self.W_ih + h @ self.W_hh",
            ),
            "one bias only": ("(self.bias_ih + self.bias_hh)", "self.bias_ih"),
            "weights of the state transposed": ("h @ self.W_hh", "h @ self.W_hh.transpose()"),
            "state without history": ("h @ self.W_hh", "h.detach() @ self.W_hh"),
            "zeros on the default device": (", device=X.device, dtype=X.dtype", ""),
        },
    ),
    **variants(
        "RNN.__init__",
        _RNN_INIT,
        {
            "all layers read the input": (
                "[hidden_size] * (num_layers - 1)",
                "[input_size] * (num_layers - 1)",
            ),
            "one cell for all": (
                "[RNNCell(n, hidden_size, bias, nonlinearity, device, dtype) for n in sizes]",
                "[RNNCell(sizes[0], hidden_size, bias, nonlinearity, device, dtype)]\n"
                "if num_layers > 1:\n"
                "    next = RNNCell(hidden_size, hidden_size, bias, nonlinearity, device, dtype)\n"
                "    self.rnn_cells += [next] * (num_layers - 1)",
            ),
            "bias not passed on": ("hidden_size, bias,", "hidden_size, True,"),
            "activation not passed on": ("bias, nonlinearity,", "bias, 'tanh',"),
            "device not passed on": ("nonlinearity, device, dtype", "nonlinearity"),
        },
    ),
    **variants(
        "RNN.forward",
        _RNN,
        {
            "the state of the first layer for all": (".tuple()[layer]", ".tuple()[0]"),
            "states from layer to layer": (
                "h = None if h0 is None else ops.split(h0, 0).tuple()[layer]",
                "h = last[-1] if last else None if h0 is None else ops.split(h0, 0).tuple()[0]",
            ),
            "state only of the last layer": ("ops.stack(last, 0)", "ops.stack(last[-1:], 0)"),
            "layers read the input again": (
                "h = cell(steps[t], h)",
                "h = cell(inputs[t] if cell.W_ih.shape[0] == X.shape[2] else steps[t], h)",
                "last = []",
                "last, inputs = [], list(steps)",
            ),
            "backwards": ("in range(len(steps))", "in reversed(range(len(steps)))"),
            "state at first ignored": (
                "None if h0 is None else ops.split(h0, 0).tuple()[layer]",
                "None",
            ),
            "output along the wrong axis": ("ops.stack(steps, 0)", "ops.stack(steps, 1)"),
            "states before the last step": (
                "last.append(h)",
                "last.append(steps[max(0, len(steps) - 2)])",
            ),
        },
    ),
}

_LSTM_CELL = """
n = self.W_hh.shape[0]
if h is None:
    zeros = init.zeros(X.shape[0], n, device=X.device, dtype=X.dtype)
    h = (zeros, zeros)
h0, c0 = h
sums = X @ self.W_ih + h0 @ self.W_hh
if self.bias_ih is not None:
    sums = sums + (self.bias_ih + self.bias_hh).broadcast_to(sums.shape)
i, f, g, o = ops.split(sums.reshape((X.shape[0], 4, n)), 1).tuple()
sigmoid = Sigmoid()
c = sigmoid(f) * c0 + sigmoid(i) * ops.tanh(g)
return sigmoid(o) * ops.tanh(c), c
"""
_LSTM = """
steps = list(ops.split(X, 0).tuple())
last = []
for layer, cell in enumerate(self.lstm_cells):
    state = None if h is None else tuple(ops.split(part, 0).tuple()[layer] for part in h)
    for t in range(len(steps)):
        state = cell(steps[t], state)
        steps[t] = state[0]
    last.append(state)
h_n, c_n = (ops.stack(parts, 0) for parts in zip(*last))
return ops.stack(steps, 0), (h_n, c_n)
"""

LSTM: Mistakes = {
    ("Sigmoid.forward", "exponential of x"): "return (1 + ops.exp(x)) ** -1",
    ("Sigmoid.forward", "tanh"): "return ops.tanh(x)",
    ("Sigmoid.forward", "not differentiable"): """
        return Tensor(1 / (1 + ops.exp(-x)).numpy(), device=x.device, dtype=x.dtype)
        """.replace("1 / (1 + ops.exp(-x)).numpy()", "((1 + ops.exp(-x)) ** -1).numpy()"),
    **variants(
        "LSTMCell.forward",
        _LSTM_CELL,
        {
            "gates f, i, g, o": ("i, f, g, o", "f, i, g, o"),
            "gates i, f, o, g": ("i, f, g, o", "i, f, o, g"),
            "gates mixed up": ("(X.shape[0], 4, n)), 1)", "(X.shape[0], n, 4)), 2)"),
            "c without tanh": ("ops.tanh(c), c", "c, c"),
            "g through sigmoid": ("ops.tanh(g)", "sigmoid(g)"),
            "no forgetting": ("sigmoid(f) * c0", "c0"),
            "states swapped": ("h0, c0 = h", "c0, h0 = h"),
            "returned in the wrong order": (
                "sigmoid(o) * ops.tanh(c), c",
                "c, sigmoid(o) * ops.tanh(c)",
            ),
            "bias of the input only": ("(self.bias_ih + self.bias_hh)", "self.bias_ih"),
            "no product with a zero state": (
                "sums = X @ self.W_ih + h0 @ self.W_hh",
                "sums = X @ self.W_ih\nif h[0] is not h[1]:\n    sums = sums + h0 @ self.W_hh",
            ),
            "c without history": ("* c0", "* c0.detach()"),
            "zeros on the default device": (", device=X.device, dtype=X.dtype", ""),
        },
    ),
    **variants(
        "LSTM.forward",
        _LSTM,
        {
            "layers read c": (
                "steps[t] = state[0]",
                "steps[t] = state[1] if layer + 1 < len(self.lstm_cells) else state[0]",
            ),
            "states of the first layer for all": (".tuple()[layer]", ".tuple()[0]"),
            "a list": ("(h_n, c_n)\n", "[h_n, c_n]\n"),
            "c forgotten between steps": (
                "cell(steps[t], state)",
                "cell(steps[t], None if state is None else (state[0], state[1] * 0))",
            ),
            "states at first ignored": (
                "None if h is None else tuple(ops.split(part, 0).tuple()[layer] for part in h)",
                "None",
            ),
            "states swapped at the end": ("(h_n, c_n)\n", "(c_n, h_n)\n"),
            "only the last layer": ("zip(*last)", "zip(*last[-1:])"),
        },
    ),
    ("LSTM.__init__", "sizes of the input"): """
        super().__init__()
        cells = [LSTMCell(input_size, hidden_size, bias, device, dtype)]
        cells += [LSTMCell(hidden_size, hidden_size, True, device, dtype)] * (num_layers - 1)
        self.lstm_cells = cells
        """,
    ("LSTMCell.__init__", "bound of all gates"): """
        super().__init__()
        bound = 1 / sqrt(4 * hidden_size)
        where = {"low": -bound, "high": bound, "device": device, "dtype": dtype}
        self.W_ih = Parameter(init.rand(input_size, 4 * hidden_size, **where))
        self.W_hh = Parameter(init.rand(hidden_size, 4 * hidden_size, **where))
        self.bias_ih = Parameter(init.rand(4 * hidden_size, **where)) if bias else None
        self.bias_hh = Parameter(init.rand(4 * hidden_size, **where)) if bias else None
        """,
}

EMBEDDING: Mistakes = {
    ("Embedding.__init__", "uniform"): """
        super().__init__()
        self.weight = Parameter(
            init.rand(num_embeddings, embedding_dim, device=device, dtype=dtype)
        )
        """,
    ("Embedding.forward", "not differentiable"): """
        rows = self.weight.numpy()[x.numpy().astype("int32")]
        return Tensor(rows, device=x.device, dtype=x.dtype) + self.weight.sum() * 0
        """.replace(" + self.weight.sum() * 0", ""),
    ("Embedding.forward", "batch first"): """
        one_hot = init.one_hot(self.weight.shape[0], x.transpose(), device=x.device)
        rows = one_hot.reshape((x.shape[0] * x.shape[1], self.weight.shape[0])) @ self.weight
        return rows.reshape((*x.shape, self.weight.shape[1]))
        """,
    ("Embedding.forward", "one row for all times"): """
        one_hot = init.one_hot(self.weight.shape[0], x, device=x.device)
        rows = one_hot.reshape((x.shape[0] * x.shape[1], self.weight.shape[0])) @ self.weight
        return rows
        """,
    ("Embedding.forward", "default device"): """
        one_hot = init.one_hot(self.weight.shape[0], x)
        rows = one_hot.reshape((x.shape[0] * x.shape[1], self.weight.shape[0])) @ self.weight
        return rows.reshape((*x.shape, self.weight.shape[1]))
        """,
}

_MODEL = """
super().__init__()
where = {"device": device, "dtype": dtype}
self.embedding = nn.Embedding(output_size, embedding_size, **where)
kind = nn.RNN if seq_model == "rnn" else nn.LSTM
self.seq_model = kind(embedding_size, hidden_size, num_layers, **where)
self.linear = nn.Linear(hidden_size, output_size, **where)
"""
_PREDICT = """
out, h = self.seq_model(self.embedding(x), h)
time, batch, features = out.shape
return self.linear(out.reshape((time * batch, features))), h
"""

LANGUAGE: Mistakes = {
    **variants(
        "LanguageModel.__init__",
        _MODEL,
        {
            "always an RNN": ('nn.RNN if seq_model == "rnn" else nn.LSTM', "nn.RNN"),
            "one layer only": ("hidden_size, num_layers, **where", "hidden_size, 1, **where"),
            "linear layer first": (
                "self.embedding =",
                "self.linear = nn.Linear(hidden_size, output_size, **where)\nself.embedding =",
                "**where)\nself.linear = nn.Linear(hidden_size, output_size, **where)\n",
                "**where)\n",
            )[:2],
            "no bias of the output": (
                "output_size, **where)\n",
                "output_size, bias=False, **where)\n",
            ),
            "default device": (
                "nn.Linear(hidden_size, output_size, **where)",
                "nn.Linear(hidden_size, output_size)",
            ),
        },
    ),
    **variants(
        "LanguageModel.forward",
        _PREDICT,
        {
            "state ignored": ("self.embedding(x), h)", "self.embedding(x))"),
            "state without history": (", h\n", ", None\n"),
            "batch first": ("out.reshape(", "out.transpose((0, 1)).reshape("),
            "last time only": (", h\n", ", out\n"),
        },
    ),
}
