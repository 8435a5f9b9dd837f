# SPDX-License-Identifier: BSD-3-Clause
"""Models that are trained: parameters, precision and tokens with their sources; gradients and computing time follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ModelName = Literal["tsuzumi-7b", "llama2-7b", "gpt2-xl", "gpt2-medium"]
OPERATIONS_PER_TOKEN = 6
"""Operations per token and parameter, forward and backward (Kaplan et al., "Scaling Laws for Neural Language Models",
2020, 2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingModel:
    """A model that is trained, and the machines that train it.

    `tokens` are those of a step, over all workers; `gpus` those of all sites; `used` is the share of a GPU's peak that
    the training reaches.
    """

    parameters: float
    gradient_bytes_each: int
    tokens: int
    gpus: int
    gpu_operations_per_s: float
    used: float
    source: str

    @property
    def gradient_bytes(self) -> int:
        """Bytes of all gradients of a worker."""
        return round(self.parameters * self.gradient_bytes_each)

    @property
    def compute_s(self) -> float:
        """Computing time of a step, the same on every GPU."""
        operations = OPERATIONS_PER_TOKEN * self.parameters * self.tokens
        return operations / (self.gpus * self.gpu_operations_per_s * self.used)


H100 = 989e12
"""Operations per second of an H100 in bf16, dense (NVIDIA H100 SXM data sheet)."""

MODELS: dict[ModelName, TrainingModel] = {
    "tsuzumi-7b": TrainingModel(
        parameters=7e9, gradient_bytes_each=2, tokens=4_000_000, gpus=8, gpu_operations_per_s=H100, used=0.4,
        source="NTT, tsuzumi: 7 billion parameters; tokens as Llama 2's; inferred: GPUs, 40 % of their peak, bf16",
    ),
    "llama2-7b": TrainingModel(
        parameters=6.74e9, gradient_bytes_each=2, tokens=4_000_000, gpus=64, gpu_operations_per_s=312e12, used=0.4,
        source="Touvron et al., Llama 2, 2023, 2.2: 4 M tokens a batch; A100 data sheet; inferred: 64 GPUs, 40 %, bf16",
    ),
    "gpt2-xl": TrainingModel(
        parameters=1.56e9, gradient_bytes_each=2, tokens=524_288, gpus=8, gpu_operations_per_s=312e12, used=0.4,
        source="Radford et al., GPT-2, 2019: 1.5 billion, 512 x 1024 tokens; inferred: 8 A100, 40 %, bf16",
    ),
    "gpt2-medium": TrainingModel(
        parameters=345e6, gradient_bytes_each=2, tokens=524_288, gpus=8, gpu_operations_per_s=312e12, used=0.4,
        source="Radford et al., GPT-2, 2019: 345 million, 512 x 1024 tokens; inferred: 8 A100, 40 %, bf16",
    ),
}  # fmt: skip
"""Models by name."""
