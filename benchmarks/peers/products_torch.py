#!/usr/bin/python3
"""The products of `kernel-products` in Python's torch (float32, with bias): GFLOP/s of the shortest of 40 slices, weights streamed from memory or in the cache.

Arguments: [memory | cache] [threads = 1] [shapes RxNxK, comma-separated]. Needs Debian's python3-torch, and
libopenblas0-pthread as its BLAS: with the reference BLAS that comes by default every product runs at 2.5 GFLOP/s.
"""
import os
import sys

os.environ["OPENBLAS_NUM_THREADS"] = sys.argv[2] if len(sys.argv) > 2 else "1"  # read when the library is loaded; torch does not pass its own setting on
import torch

from product_slices import SHAPES, copies, shortest


def main():
    streams = sys.argv[1:2] != ["cache"]
    torch.set_num_threads(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} thread(s), weights from {'memory' if streams else 'the cache'}\n")
    print("| R x N x K | GFLOP/s |\n| --- | ---: |")
    for shape in (sys.argv[3] if len(sys.argv) > 3 else SHAPES).split(","):
        r, n, k = map(int, shape.split("x"))
        x, bias = torch.rand(r, k) - 0.5, torch.rand(n) - 0.5
        weights = [torch.rand(n, k) - 0.5 for _ in range(copies(4 * n * k, streams))]
        with torch.inference_mode():
            seconds = shortest(lambda call: torch.nn.functional.linear(x, weights[call % len(weights)], bias))
        print(f"| {shape} | {2 * r * n * k / seconds / 1e9:.1f} |", flush=True)


if __name__ == "__main__":
    main()
