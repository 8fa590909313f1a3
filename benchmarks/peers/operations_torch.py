#!/usr/bin/python3
"""The work of `galvani convert` and `galvani average` in Python's torch: load, change, save, flush to disk.

Arguments: copy | half | bfloat16 | average, a checkpoint, the new file. Prints the seconds without importing torch. `average` reads the checkpoint twice and sums in
place once a storage, as an average done right does. Needs Debian's python3-torch.
"""
import os
import sys
import time

import torch


def tensors(checkpoint):
    for part in ("model", "generator"):
        yield from ((checkpoint[part], name) for name in checkpoint[part])


def cast(checkpoint, kind):
    done = {}
    for part, name in tensors(checkpoint):
        tensor = part[name]
        part[name] = done.setdefault(tensor.data_ptr(), tensor.to(kind))


def average(checkpoint, path):
    other, done = torch.load(path), set()
    for part, name in tensors(checkpoint):
        tensor = part[name]
        if tensor.data_ptr() not in done:
            done.add(tensor.data_ptr())
            tensor.add_(other["generator" if part is checkpoint["generator"] else "model"][name]).div_(2)


def main():
    operation, path, target = sys.argv[1:]
    start = time.perf_counter()
    checkpoint = torch.load(path)
    if operation == "average":
        average(checkpoint, path)
    elif operation != "copy":
        cast(checkpoint, getattr(torch, operation))
    with open(target, "wb") as file:
        torch.save(checkpoint, file)
        file.flush()
        os.fsync(file.fileno())
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
