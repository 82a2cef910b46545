"""Attention, and the transformer made of it (Vaswani et al., 2017, arXiv:1706.03762).

The layers take batches first: tensors (batch, time, features).
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from .. import init, ops
from ..autograd import NDArray, Tensor
from .nn_basic import Dropout, LayerNorm1d, Linear, Module, ReLU, Sequential
from .nn_sequence import Embedding


class MultiHeadAttention(Module):
    """Attention of several heads side by side, without parameters:

        probs = dropout(softmax(q k^T / sqrt(dim) + mask))
        result = probs v

    Args:
        dropout: probability to drop a weight
        causal: whether a query sees only keys at its own time and before
        device: where to compute
        dtype: in which type
    """

    def __init__(
        self,
        *,
        dropout: float = 0.0,
        causal: bool = False,
        device: Any = None,
        dtype: Any = "float32",
    ) -> None:
        super().__init__()
        self.device = device
        self.dtype = dtype
        self.causal = causal
        self.dropout = Dropout(dropout)

    def create_causal_mask(self, i: int, j: int, device: Any) -> NDArray:
        """What to add to the scores of i queries and j keys.

        The last query stands at the time of the last key.

        Returns:
            An array, no tensor, (1, 1, i, j): the lowest float32 where a key is later than the
            query, 0 elsewhere.
        """
        lowest = np.finfo(np.float32).min
        mask = np.triu(np.full((1, 1, i, j), lowest, dtype=np.float32), j - i + 1)
        return Tensor(mask, device=device, dtype=self.dtype).realize_cached_data()

    def matmul(self, a: Tensor, b_transpose: Tensor) -> Tensor:
        """Multiply each matrix of a batch by the transpose of another.

        Args:
            a: (..., m, k)
            b_transpose: (..., n, k)

        Returns:
            a b_transpose^T, (..., m, n).
        """
        *batch, m, k = a.shape
        n = b_transpose.shape[-2]
        shape = (*batch, m, n, k)
        left = a.reshape((*batch, m, 1, k)).broadcast_to(shape)
        right = b_transpose.reshape((*batch, 1, n, k)).broadcast_to(shape)
        return (left * right).sum(len(shape) - 1)

    def softmax(self, logit: Tensor) -> Tensor:
        """The softmax function over the last axis of four.

        The maximum is subtracted first, as a constant, so that nothing overflows.
        """
        column = (*logit.shape[:3], 1)
        maximum = logit.realize_cached_data().max(axis=3, keepdims=True)
        exps = ops.exp(logit + Tensor.make_const(-maximum).broadcast_to(logit.shape))
        sums = exps.sum(axes=3).reshape(column)
        return exps / sums.broadcast_to(logit.shape)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Attend.

        Args:
            q: queries (batch, heads, queries, dim)
            k: keys (batch, heads, keys, dim)
            v: values (batch, heads, keys, dim)

        Returns:
            Tuple of:
                for each query, the average of the values (batch, heads, queries, dim)
                its weights, after dropout (batch, heads, queries, keys)
        """
        batch, heads, queries, dim = q.shape
        keys = k.shape[2]
        for name, x in (("k", k), ("v", v)):
            if x.shape != (batch, heads, keys, dim):
                raise ValueError(f"q has the shape {q.shape}, but {name} has {x.shape}")
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class AttentionLayer(Module):
    """Attention with what is around it: normalize, project to heads, attend, join, project.

    Args:
        q_features: features of the queries
        num_head: number of heads
        dim_head: features of each head
        k_features: features of the keys, as many as of the queries by default
        v_features: features of the values, likewise
        out_features: features of the output, likewise
        dropout: probability to drop a weight
        causal: whether a query sees only keys at its own time and before
        device: where the parameters are
        dtype: their type
    """

    def __init__(
        self,
        q_features: int,
        num_head: int,
        dim_head: int,
        *,
        k_features: int | None = None,
        v_features: int | None = None,
        out_features: int | None = None,
        dropout: float = 0.0,
        causal: bool = True,
        device: Any = None,
        dtype: Any = "float32",
    ) -> None:
        super().__init__()
        self.device = device
        self.dtype = dtype
        k_features = k_features or q_features
        v_features = v_features or q_features
        out_features = out_features or q_features
        self.q_features = q_features
        self.k_features = k_features
        self.v_features = v_features
        self.out_features = out_features
        self.num_head = num_head
        self.dim_head = dim_head

        where = {"device": device, "dtype": dtype}
        inner = num_head * dim_head
        self.prenorm_q = LayerNorm1d(q_features, **where)
        self.prenorm_k = LayerNorm1d(k_features, **where)
        self.prenorm_v = LayerNorm1d(v_features, **where)
        self.q_projection = Linear(q_features, inner, bias=False, **where)
        self.k_projection = Linear(k_features, inner, bias=False, **where)
        self.v_projection = Linear(v_features, inner, bias=False, **where)
        self.attn = MultiHeadAttention(dropout=dropout, causal=causal, **where)
        self.out_projection = Linear(inner, out_features, bias=False, **where)

    def forward(self, q: Tensor, k: Tensor | None = None, v: Tensor | None = None) -> Tensor:
        """Attend to keys and values; without them, to the queries themselves.

        Head h has the features h * dim_head to (h + 1) * dim_head - 1 of the projections.

        Args:
            q: (batch, queries, q_features)
            k: (batch, keys, k_features)
            v: (batch, keys, v_features)

        Returns:
            (batch, queries, out_features).
        """
        k = q if k is None else k
        v = q if v is None else v
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class TransformerLayer(Module):
    """Attention, then a network of two layers for each time, both with a way around them:

        x = x + dropout(attention(x))
        x = x + dropout(linear2(dropout(relu(linear1(norm(x))))))

    The modules with parameters are made in this order: attention, linear1, linear2.

    Args:
        q_features: features of input and output
        num_head: number of heads
        dim_head: features of each head
        hidden_size: features between the two linear layers
        dropout: probability of dropout, also in the attention
        causal: whether a time sees only itself and times before
        device: where the parameters are
        dtype: their type
    """

    def __init__(
        self,
        q_features: int,
        num_head: int,
        dim_head: int,
        hidden_size: int,
        *,
        dropout: float = 0.0,
        causal: bool = True,
        device: Any = None,
        dtype: Any = "float32",
    ) -> None:
        super().__init__()
        self.device = device
        self.dtype = dtype
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layer.

        Args:
            x: (batch, time, q_features)

        Returns:
            The same shape.
        """
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION


class Transformer(Module):
    """Transformer layers over a sequence, to which a learned vector for each time is added.

    The embedding of times is made before the layers.

    Args:
        embedding_size: features of input and output
        hidden_size: features between the two linear layers of each transformer layer
        num_layers: number of layers
        num_head: number of heads
        dim_head: features of each head
        dropout: probability of dropout
        causal: whether a time sees only itself and times before
        device: where the parameters are
        dtype: their type
        batch_first: whether sequences are (batch, time, features) rather than
            (time, batch, features)
        sequence_len: the longest sequence
    """

    def __init__(
        self,
        embedding_size: int,
        hidden_size: int,
        num_layers: int,
        *,
        num_head: int = 8,
        dim_head: int = 32,
        dropout: float = 0.0,
        causal: bool = True,
        device: Any = None,
        dtype: Any = "float32",
        batch_first: bool = False,
        sequence_len: int = 2048,
    ) -> None:
        super().__init__()
        self.device = device
        self.dtype = dtype
        self.batch_first = batch_first
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION

    def forward(self, x: Tensor, h: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read sequences, all times at once.

        Args:
            x: (time, batch, embedding_size), or batch first
            h: not used; there for the sake of recurrent networks

        Returns:
            Tuple of the output, which has the shape of x, and zeros in the place of a state.
        """
        if not self.batch_first:
            x = x.transpose((0, 1))
        ### BEGIN YOUR SOLUTION
        raise NotImplementedError()
        ### END YOUR SOLUTION
        if not self.batch_first:
            x = x.transpose((0, 1))
        return x, init.zeros_like(x)
