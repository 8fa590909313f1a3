#!/usr/bin/python3
"""The work of `galvani inspect MODEL.pt --tensors` in Python: torch.load, then name and shape of every tensor.

Arguments: model.pt. Prints the tensors on stdout, the seconds of importing torch and of the rest (wall, and of all processors) on stderr. Needs Debian's python3-torch.
"""
import sys
import time

START = time.perf_counter()

import torch


def main():
    loaded, used = time.perf_counter(), time.process_time()
    print(f"import {loaded - START:.4f}", file=sys.stderr)
    checkpoint = torch.load(sys.argv[1])
    for part in ("model", "generator"):
        for name, tensor in checkpoint[part].items():
            print(name, tuple(tensor.shape))
    print(f"rest {time.perf_counter() - loaded:.4f}", file=sys.stderr)
    print(f"rest_processor {time.process_time() - used:.4f}", file=sys.stderr)


if __name__ == "__main__":
    main()
