"""Mistakes in attention and in the transformer, as students make them."""

from __future__ import annotations

from tests.mutants.edit import Mutant

FILE = "python/needle/nn/nn_transformer.py"


def _edited(text: str, *edits: str) -> str:
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    return text


_ATTEND = """
batch, heads, queries, dim = q.shape
keys = k.shape[2]
scores = self.matmul(q, k) / dim**0.5
if self.causal:
    mask = Tensor.make_const(self.create_causal_mask(queries, keys, q.device))
    scores = scores + mask.broadcast_to(scores.shape)
probs = self.dropout(self.softmax(scores))
return self.matmul(probs, v.transpose((2, 3))), probs
"""

ATTEND = {
    ("MultiHeadAttention.forward", name): _edited(_ATTEND, *edits)
    for name, edits in {
        "not scaled": (" / dim**0.5", ""),
        "scaled by the dimension": ("dim**0.5", "dim"),
        "scaled by the heads": ("dim**0.5", "heads**0.5"),
        "scaled by the keys": ("dim**0.5", "keys**0.5"),
        "no mask": ("if self.causal", "if False"),
        "always a mask": ("if self.causal", "if True"),
        "mask of queries only": (
            "self.create_causal_mask(queries, keys, q.device)",
            "self.create_causal_mask(keys, keys, q.device)[0:1, 0:1, 0:queries, 0:keys]",
        ),
        "mask taken away": (
            "scores + mask.broadcast_to(scores.shape)",
            "scores - mask.broadcast_to(scores.shape)",
        ),
        "mask after softmax": (
            "    scores = scores + mask.broadcast_to(scores.shape)\n"
            "probs = self.dropout(self.softmax(scores))",
            "    seen = (mask * (1 / 3.4e38) + 1).broadcast_to(scores.shape)\n"
            "else:\n    seen = scores * 0 + 1\nprobs = self.dropout(self.softmax(scores) * seen)",
        ),
        "no dropout": ("self.dropout(self.softmax(scores))", "self.softmax(scores)"),
        "dropout of scores": (
            "self.dropout(self.softmax(scores))",
            "self.softmax(self.dropout(scores))",
        ),
        "weights before dropout": (
            "probs = self.dropout(self.softmax(scores))\n",
            "probs = self.softmax(scores)\ndropped = self.dropout(probs)\n",
            "self.matmul(probs,",
            "self.matmul(dropped,",
        ),
        "scores returned": ("(2, 3))), probs", "(2, 3))), scores"),
        "softmax without the maximum": (
            "self.softmax(scores)",
            "self._shares(ops.exp(scores))",
            "batch, heads, queries, dim = q.shape\n",
            "batch, heads, queries, dim = q.shape\ncolumn = (batch, heads, queries, 1)\n"
            "self._shares = lambda x: x / x.sum(3).reshape(column).broadcast_to(x.shape)\n",
        ),
        "softmax over queries": (
            "self.softmax(scores)",
            "self.softmax(scores.transpose((2, 3))).transpose((2, 3))",
        ),
        "gradient of the weights lost": ("self.softmax(scores)", "self.softmax(scores).detach()"),
        "gradient of the keys lost": ("self.matmul(q, k)", "self.matmul(q, k.detach())"),
        "keys for values": ("v.transpose", "k.transpose"),
        "queries for keys": (
            "self.matmul(q, k)",
            "self.matmul(q, q) if queries == keys else self.matmul(q, k)",
        ),
    }.items()
}

_LAYER = """
k = q if k is None else k
v = q if v is None else v
batch, queries, _ = q.shape
projections = (
    self.q_projection(self.prenorm_q(q)),
    self.k_projection(self.prenorm_k(k)),
    self.v_projection(self.prenorm_v(v)),
)
heads = [
    x.reshape((batch, x.shape[1], self.num_head, self.dim_head)).transpose((1, 2))
    for x in projections
]
result, _ = self.attn(*heads)
joined = result.transpose((1, 2)).reshape((batch, queries, self.num_head * self.dim_head))
return self.out_projection(joined)
"""

LAYER = {
    ("AttentionLayer.forward", name): _edited(_LAYER, *edits)
    for name, edits in {
        "no norm": ("self.prenorm_q(q)", "q"),
        "no norm of keys and values": ("self.prenorm_k(k)", "k", "self.prenorm_v(v)", "v"),
        "keys and values ignored": (
            "self.prenorm_k(k)",
            "self.prenorm_k(q)",
            "self.prenorm_v(v)",
            "self.prenorm_v(q)",
        ),
        "values are the keys": ("self.prenorm_v(v)", "self.prenorm_v(k)"),
        "heads without transposing": (
            "reshape((batch, x.shape[1], self.num_head, self.dim_head)).transpose((1, 2))",
            "reshape((batch, self.num_head, x.shape[1], self.dim_head))",
        ),
        "heads and features mixed up": (
            "(batch, x.shape[1], self.num_head, self.dim_head)).transpose((1, 2))",
            "(batch, x.shape[1], self.dim_head, self.num_head))"
            ".transpose((2, 3)).transpose((1, 2))",
        ),
        "joined without transposing back": ("result.transpose((1, 2)).reshape", "result.reshape"),
        "no output projection": (
            "return self.out_projection(joined)",
            "fits = joined.shape[-1] == self.out_features\n"
            "return joined if fits else self.out_projection(joined)",
        ),
        "a way around": (
            "return self.out_projection(joined)",
            "y = self.out_projection(joined)\nreturn y + q if y.shape == q.shape else y",
        ),
        "queries as long as keys": ("x.shape[1], self", "queries, self"),
        "output detached": (
            "self.out_projection(joined)",
            "self.out_projection(joined.detach()) + 0 * q.sum()",
        ),
    }.items()
}

_BLOCK = """
super().__init__()
where = {"device": device, "dtype": dtype}
self.attention = AttentionLayer(
    q_features, num_head, dim_head, dropout=dropout, causal=causal, **where
)
self.attention_dropout = Dropout(dropout)
self.feed_forward = Sequential(
    LayerNorm1d(q_features, **where),
    Linear(q_features, hidden_size, **where),
    ReLU(),
    Dropout(dropout),
    Linear(hidden_size, q_features, **where),
    Dropout(dropout),
)
"""
_FORWARD = """
x = x + self.attention_dropout(self.attention(x))
return x + self.feed_forward(x)
"""

BLOCK = {
    ("TransformerLayer.__init__", name): _edited(_BLOCK, *edits)
    for name, edits in {
        "no relu": ("    ReLU(),\n", ""),
        "no norm": ("    LayerNorm1d(q_features, **where),\n", ""),
        "no biases": ("hidden_size, **where)", "hidden_size, bias=False, **where)"),
        "always causal": ("causal=causal", "causal=True"),
        "no dropout inside": ("    Dropout(dropout),\n    Linear", "    Linear"),
        "no dropout at the end": ("    Dropout(dropout),\n)", ")"),
        "no dropout of weights": ("dropout=dropout", "dropout=0.0"),
        "norm at the end": (
            "    LayerNorm1d(q_features, **where),\n",
            "",
            "    Dropout(dropout),\n)",
            "    Dropout(dropout),\n    LayerNorm1d(q_features, **where),\n)",
        ),
        "linear layers first": (
            "self.attention =",
            "first = Linear(q_features, hidden_size, **where)\nself.attention =",
            "    Linear(q_features, hidden_size, **where),\n    ReLU",
            "    first,\n    ReLU",
        ),
    }.items()
} | {
    ("TransformerLayer.forward", name): _edited(_FORWARD, *edits)
    for name, edits in {
        "no way around attention": ("x = x + self", "x = self"),
        "no way around the network": ("return x + self", "return self"),
        "network of the input": (
            "x = x + self.attention_dropout(self.attention(x))\nreturn x + self.feed_forward(x)",
            "return x + self.attention_dropout(self.attention(x)) + self.feed_forward(x)",
        ),
        "no dropout after attention": (
            "self.attention_dropout(self.attention(x))",
            "self.attention(x)",
        ),
        "network detached": ("self.feed_forward(x)", "self.feed_forward(x.detach())"),
    }.items()
}

_MODEL = """
if not self.batch_first:
    x = x.transpose((0, 1))
batch, time, features = x.shape
times = Tensor(np.arange(time).reshape(1, time), device=x.device, requires_grad=False)
x = self.layers(x + self.embedding(times).broadcast_to((batch, time, features)))
if not self.batch_first:
    x = x.transpose((0, 1))
return x, init.zeros_like(x)
"""
_MAKE = """
super().__init__()
self.batch_first = batch_first
where = {"device": device, "dtype": dtype}
self.embedding = Embedding(sequence_len, embedding_size, **where)
make = lambda: TransformerLayer(
    embedding_size, num_head, dim_head, hidden_size, dropout=dropout, causal=causal, **where
)
self.layers = Sequential(*(make() for _ in range(num_layers)))
"""

MODEL = (
    {
        ("Transformer.forward", name): _edited(_MODEL, *edits)
        for name, edits in {
            "no times": ("x + self.embedding(times).broadcast_to((batch, time, features))", "x"),
            "times count from one": ("np.arange(time)", "np.arange(1, time + 1)"),
            "the first time for all": ("np.arange(time)", "np.zeros(time)"),
            "times backwards": ("np.arange(time)", "np.arange(time)[::-1].copy()"),
            "times added at the end": (
                "self.layers(x + self.embedding(times).broadcast_to((batch, time, features)))",
                "self.layers(x) + self.embedding(times).broadcast_to((batch, time, features))",
            ),
            "times multiplied": ("x + self.embedding", "x * self.embedding"),
            "times without gradient": (
                "broadcast_to((batch, time, features))",
                "broadcast_to((batch, time, features)).detach()",
            ),
            "always batch first": ("not self.batch_first", "False"),
            "never batch first": ("not self.batch_first", "True"),
            "state on the default device": ("init.zeros_like(x)", "init.zeros(*x.shape)"),
            "output for the state": ("init.zeros_like(x)", "x"),
            "output without the state": ("return x, init.zeros_like(x)", "return x"),
        }.items()
    }
    | {
        ("Transformer.__init__", name): _edited(_MAKE, *edits)
        for name, edits in {
            "vectors of times on the default device": (
                "embedding_size, **where)\nmake",
                "embedding_size)\nmake",
            ),
            "layers on the default device": ("causal=causal, **where", "causal=causal"),
            "one layer less": ("range(num_layers)", "range(num_layers - 1)"),
            "one layer for all": (
                "*(make() for _ in range(num_layers))",
                "*[make()] * num_layers",
            ),
            "always causal": ("causal=causal", "causal=True"),
            "heads by default": ("num_head, dim_head", "8, dim_head"),
            "times drawn last": (
                "self.embedding = Embedding(sequence_len, embedding_size, **where)\n",
                "",
                "range(num_layers)))",
                "range(num_layers)))\n"
                "self.embedding = Embedding(sequence_len, embedding_size, **where)",
            ),
            "times as many as hidden": ("Embedding(sequence_len", "Embedding(hidden_size"),
        }.items()
    }
    | {
        ("MultiHeadAttention.forward", "mask on the default device"): _edited(
            _ATTEND, "q.device", "__import__('needle').cpu()"
        )
    }
)


def _mutants(caught_by: str, mistakes: dict[tuple[str, str], str]) -> tuple[Mutant, ...]:
    return tuple(
        Mutant(name=f"{where}: {name}", file=FILE, where=where, body=body, caught_by=caught_by)
        for (where, name), body in mistakes.items()
    )


MUTANTS = (
    *_mutants("test_attention.py", ATTEND),
    *_mutants("test_attention_layer.py", LAYER),
    *_mutants("test_transformer_layer.py", BLOCK),
    *_mutants("test_transformer.py", MODEL),
)
