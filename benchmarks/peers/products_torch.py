#!/usr/bin/python3
"""The products of `kernel-products` in Python's torch (float32, with bias): GFLOP/s of the shortest of 40 slices, weights streamed from memory or in the cache.

Arguments: [memory | cache] [threads = 1] [shapes RxNxK, comma-separated]. Needs Debian's python3-torch, and
libopenblas0-pthread as its BLAS: with the reference BLAS that comes by default every product runs at 2.5 GFLOP/s.
"""
import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = sys.argv[2] if len(sys.argv) > 2 else "1"  # read when the library is loaded; torch does not pass its own setting on
import torch

STREAMED_BYTES = 200_000_000
SHAPES = "1x768x768,2x768x768,4x768x768,6x768x768,32x768x768,32x3072x768,32x768x3072,640x768x768,640x1536x768,1x12000x768,32x12000x768"


def shortest(work):
    calls, start = 0, time.perf_counter()
    while time.perf_counter() - start < 0.3:
        work(calls)
        calls += 1
    calls = max(1, int(calls * 0.003 / 0.3))
    best = float("inf")
    for round_ in range(40):
        start = time.perf_counter()
        for call in range(calls):
            work(round_ * calls + call)
        best = min(best, (time.perf_counter() - start) / calls)
    return best


def main():
    streams = sys.argv[1:2] != ["cache"]
    torch.set_num_threads(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} thread(s), weights from {'memory' if streams else 'the cache'}\n")
    print("| R x N x K | GFLOP/s |\n| --- | ---: |")
    for shape in (sys.argv[3] if len(sys.argv) > 3 else SHAPES).split(","):
        r, n, k = map(int, shape.split("x"))
        x, bias = torch.rand(r, k) - 0.5, torch.rand(n) - 0.5
        copies = [torch.rand(n, k) - 0.5 for _ in range(max(1, STREAMED_BYTES // (4 * n * k)) if streams else 1)]
        with torch.inference_mode():
            seconds = shortest(lambda call: torch.nn.functional.linear(x, copies[call % len(copies)], bias))
        print(f"| {shape} | {2 * r * n * k / seconds / 1e9:.1f} |", flush=True)


if __name__ == "__main__":
    main()
