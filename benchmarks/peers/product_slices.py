"""What the peers of `kernel-products` have in common: the shapes, how much memory takes turns, and the time of one call."""
import time

STREAMED_BYTES = 200_000_000
SHAPES = "1x768x768,2x768x768,4x768x768,6x768x768,32x768x768,32x3072x768,32x768x3072,640x768x768,640x1536x768,1x12000x768,32x12000x768"


def copies(weight_bytes, streams):
    """How many copies of a weight take turns, so that each comes from memory; one where it is to stay in the cache."""
    return max(1, STREAMED_BYTES // weight_bytes) if streams else 1


def shortest(work):
    """Seconds of a call, in the shortest of 40 slices of 3 ms; work gets the number of the call."""
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
