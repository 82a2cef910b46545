"""The models of homework 4 in PyTorch, to compare with."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class Residual(nn.Module):
    """fn(x) + x."""

    def __init__(self, fn: nn.Module) -> None:
        super().__init__()
        self.fn = fn

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the input to the output."""
        out: torch.Tensor = self.fn(x) + x
        return out


def _conv_bn(a: int, b: int, k: int, s: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(a, b, k, s, padding=k // 2), nn.BatchNorm2d(b), nn.ReLU())


def resnet9() -> nn.Module:
    """`ResNet9`, with the same parameters in the same order."""
    return nn.Sequential(
        _conv_bn(3, 16, 7, 4),
        _conv_bn(16, 32, 3, 2),
        Residual(nn.Sequential(_conv_bn(32, 32, 3, 1), _conv_bn(32, 32, 3, 1))),
        _conv_bn(32, 64, 3, 2),
        _conv_bn(64, 128, 3, 2),
        Residual(nn.Sequential(_conv_bn(128, 128, 3, 1), _conv_bn(128, 128, 3, 1))),
        nn.Flatten(),
        nn.Linear(128, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


class LanguageModel(nn.Module):
    """`LanguageModel` with an LSTM."""

    def __init__(self, embedding_size: int, output_size: int, hidden_size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(output_size, embedding_size)
        self.seq_model = nn.LSTM(embedding_size, hidden_size)
        self.linear = nn.Linear(hidden_size, output_size)

    def forward(self, x: torch.Tensor, h: Any = None) -> tuple[torch.Tensor, Any]:
        """Logits of each next word, and the state."""
        out, h = self.seq_model(self.embedding(x), h)
        return self.linear(out.flatten(0, 1)), h
