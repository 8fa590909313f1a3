#!/usr/bin/python3
"""The work of tokenize-throughput in Python: ids of every line by the sentencepiece package, one thread, lines one by one and as a batch.

Arguments: model, text file. Prints seconds and MB/s. Needs Debian's python3-sentencepiece.
"""
import sys
import time

import sentencepiece


def main():
    model, text = sys.argv[1:]
    processor = sentencepiece.SentencePieceProcessor(model_file=model)
    with open(text, "rb") as file:
        data = file.read()
    lines = data.decode("utf-8", "replace").split("\n")
    for name, work in (
        ("one by one", lambda: [processor.encode(line, out_type=int) for line in lines]),
        ("batch, 1 thread", lambda: processor.encode(lines, out_type=int, num_threads=1)),
        ("batch, 2 threads", lambda: processor.encode(lines, out_type=int, num_threads=2)),
    ):
        start = time.perf_counter()
        work()
        seconds = time.perf_counter() - start
        print(f"{name}: {seconds:.2f} s, {len(data) / 1e6 / seconds:.1f} MB/s")


if __name__ == "__main__":
    main()
