#!/usr/bin/python3
"""The products of `kernel-products` by oneDNN's gemm functions, which CTranslate2 calls where there is no MKL: float32, and bytes by signed bytes into 32 bits.

Weights are rows of outputs (N x K), as checkpoints hold them; oneDNN packs them on every call. Bytes give sums alone: rounding the input and scaling the result, which our figures include, would come on top. They are timed with
weights in -63 to 63; how many sums are wrong with -127 to 127, where the processor's products of bytes are summed in 16 bits, is said beside it.
Arguments: [memory | cache] [threads = 1] [shapes RxNxK, comma-separated]. Prints 10^9 multiplications and additions a second of the shortest of 40 slices. Needs Debian's libdnnl2 and python3-numpy.
"""
import ctypes
import os
import sys

os.environ["OMP_NUM_THREADS"] = sys.argv[2] if len(sys.argv) > 2 else "1"  # read when the library is loaded
import numpy

from product_slices import SHAPES, copies, shortest

SIZE = ctypes.c_int64
library = ctypes.CDLL("libdnnl.so.2")


def check(status):
    if status != 0:
        raise RuntimeError(f"oneDNN returned status {status}")


def float_product(x, weights, y):
    (r, k), n = x.shape, len(weights)
    check(library.dnnl_sgemm(ctypes.c_char(b"N"), ctypes.c_char(b"T"), SIZE(r), SIZE(n), SIZE(k), ctypes.c_float(1), x.ctypes, SIZE(k), weights.ctypes, SIZE(k), ctypes.c_float(0), y.ctypes, SIZE(n)))


def byte_product(x, weights, y, no_offset=numpy.zeros(1, numpy.int32)):
    (r, k), n = x.shape, len(weights)
    check(library.dnnl_gemm_u8s8s32(
        ctypes.c_char(b"N"), ctypes.c_char(b"T"), ctypes.c_char(b"F"), SIZE(r), SIZE(n), SIZE(k), ctypes.c_float(1), x.ctypes, SIZE(k), ctypes.c_uint8(0), weights.ctypes, SIZE(k), ctypes.c_int8(0),
        ctypes.c_float(0), y.ctypes, SIZE(n), no_offset.ctypes))


def rate(product, x, weights, y):
    product(x, weights[0], y)
    assert numpy.allclose(y, exact(x, weights[0]), rtol=1e-4)
    return 2 * y.size * x.shape[1] / shortest(lambda call: product(x, weights[call % len(weights)], y)) / 1e9


def exact(x, weights):
    return x.astype(numpy.float64) @ weights.astype(numpy.float64).T


def rates(shape, streams):
    r, n, k = shape
    random = numpy.random.default_rng(1)
    weights = [random.random((n, k), numpy.float32) for _ in range(copies(4 * n * k, streams))]
    yield f"{rate(float_product, random.random((r, k), numpy.float32), weights, numpy.zeros((r, n), numpy.float32)):.1f}"
    x, y = random.integers(0, 256, (r, k), numpy.uint8), numpy.zeros((r, n), numpy.int32)
    weights = [random.integers(-63, 64, (n, k), numpy.int8) for _ in range(copies(n * k, streams))]
    yield f"{rate(byte_product, x, weights, y):.1f}"
    wide = random.integers(-127, 128, (n, k), numpy.int8)
    byte_product(x, wide, y)
    yield f"{(y != exact(x, wide)).mean():.0%}"


def main():
    streams = sys.argv[1:2] != ["cache"]
    print(f"oneDNN, {os.environ['OMP_NUM_THREADS']} thread(s), weights from {'memory' if streams else 'the cache'}\n")
    print("| R x N x K | float32 | bytes | wrong sums of weights in -127 to 127 |\n| --- | ---: | ---: | ---: |")
    for text in (sys.argv[3] if len(sys.argv) > 3 else SHAPES).split(","):
        shape = tuple(map(int, text.split("x")))
        print(f"| {text} | {' | '.join(rates(shape, streams))} |", flush=True)


if __name__ == "__main__":
    main()
