"""What one program in the sandbox may use."""

from __future__ import annotations

import math
from dataclasses import dataclass

_KB, _MB = 1 << 10, 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that one run may use; what goes beyond it is refused to the program, or ends it."""

    wall_s: float = 10.0
    cpu_s: float = 5.0
    memory_mb: int = 512
    files_mb: int = 64
    output_kb: int = 1024
    descriptors: int = 64

    @property
    def cpu_seconds(self) -> int:
        """Give the CPU limit in whole seconds, rounded up: the kernel counts no fractions."""
        return max(1, math.ceil(self.cpu_s))

    @property
    def memory_bytes(self) -> int:
        """Give the address space of the one process."""
        return self.memory_mb * _MB

    @property
    def files_bytes(self) -> int:
        """Give the room of the scratch folder, which is also the most of one file."""
        return self.files_mb * _MB

    @property
    def output_bytes(self) -> int:
        """Give the most that is read from each of stdout, stderr and the channel."""
        return self.output_kb * _KB
