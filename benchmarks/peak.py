"""The peak of one core: fused multiply-adds per second, measured.

    python -m benchmarks.peak

The probe is machine code from a few lines of LLVM, compiled by the llvmlite that numba brings:
twelve independent chains of fused multiply-adds on vectors of 512 or 256 bits, enough to keep both
multipliers of a core busy. A processor without 512-bit registers computes such a vector in halves.
"""

from __future__ import annotations

import ctypes
import time
from functools import lru_cache
from typing import Any

from llvmlite import binding

CHAINS = 12
ROUNDS = 2_000_000


def probe_text(lanes: int) -> str:
    """Return the LLVM text of a loop of fused multiply-adds on vectors of ``lanes`` doubles."""
    vector = f"<{lanes} x double>"
    zeros = ", ".join(["i32 0"] * lanes)
    phis = [
        f"  %a{k} = phi {vector} [ %x, %entry ], [ %b{k}, %loop ]" for k in range(CHAINS)
    ]  # fmt: skip
    steps = [
        f"  %b{k} = call {vector} @llvm.fma.v{lanes}f64({vector} %a{k}, {vector} %x, {vector} %x)"
        for k in range(CHAINS)
    ]
    sums = [
        f"  %s{k} = fadd {vector} {'%b0' if k == 1 else f'%s{k - 1}'}, %b{k}"
        for k in range(1, CHAINS)
    ]
    return "\n".join(
        [
            f"declare {vector} @llvm.fma.v{lanes}f64({vector}, {vector}, {vector})",
            "define double @probe(i64 %n, double %value) {",
            "entry:",
            f"  %one = insertelement {vector} undef, double %value, i32 0",
            f"  %x = shufflevector {vector} %one, {vector} undef, <{lanes} x i32> <{zeros}>",
            "  br label %loop",
            "loop:",
            "  %i = phi i64 [ 0, %entry ], [ %next, %loop ]",
            *phis,
            *steps,
            "  %next = add i64 %i, 1",
            "  %more = icmp slt i64 %next, %n",
            "  br i1 %more, label %loop, label %end",
            "end:",
            *sums,
            f"  %r = extractelement {vector} %s{CHAINS - 1}, i32 0",
            "  ret double %r",
            "}",
        ]
    )


@lru_cache(maxsize=4)
def _probe(bits: int) -> tuple[Any, Any]:
    """Return the compiled probe, and the engine that keeps it in memory."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    features = binding.get_host_cpu_features().flatten()
    machine = binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(), features=f"{features},-prefer-256-bit", opt=3, jit=True
    )
    module = binding.parse_assembly(probe_text(bits // 64))
    module.verify()
    compiler = binding.create_mcjit_compiler(module, machine)
    compiler.finalize_object()
    address = compiler.get_function_address("probe")
    return ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int64, ctypes.c_double)(address), compiler


def gigaflops(bits: int, repetitions: int = 5) -> float:
    """Return the GFLOP/s of one core; a multiply-add counts as two operations.

    The result is the best of several, since other work of the machine can only lower it. Time is
    processor time, not wall-clock time.
    """
    probe, _ = _probe(bits)
    best = float("inf")
    for _ in range(repetitions):
        begin = time.thread_time()
        probe(ROUNDS, 0.0)
        best = min(best, time.thread_time() - begin)
    return 2.0 * CHAINS * (bits // 64) * ROUNDS / best / 1e9


def peak() -> dict[str, float]:
    """Return the probe's result at both widths, GFLOP/s of one core."""
    return {f"{bits} bit": gigaflops(bits) for bits in (512, 256)}


def main() -> None:
    """Print the peak."""
    for width, value in peak().items():
        print(f"{width}: {value:.1f} GFLOP/s")


if __name__ == "__main__":
    main()
