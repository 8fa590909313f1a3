#!/usr/bin/python3
"""How speed grows: target tokens a second against batch size, sentence length, beam width and threads, by `galvani bench`; a table in Markdown and a picture.

Arguments: galvani, a model, the picture to write, and optionally fp32 (default), int8 or int8-exact. Needs Debian's python3-matplotlib.
"""
import json
import subprocess
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

SIDES = [
    ("batch size", "batch_size", ["--beam-size", "1", "--batch-size", "1,2,4,8,16,32,64,128"]),
    ("source and target length", "source_length", None),
    ("beam width", "beam_size", ["--beam-size", "1,2,3,4,5,8,10", "--batch-size", "32"]),
    ("threads", "threads", None),
]
LENGTHS = [10, 20, 40, 80, 160, 400]


def bench(galvani, model, compute, arguments):
    command = [galvani, "bench", "--model", model, "--compute", compute, "--rounds", "2", "--json", *arguments]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)["runs"]


def points(galvani, model, compute, name, key, arguments):
    """(what was varied, tokens a second) pairs."""
    if name.startswith("source"):
        for length in LENGTHS:
            run = bench(galvani, model, compute, ["--beam-size", "1", "--batch-size", "16", "--sentences", "16", "--source-length", str(length), "--target-length", str(length)])[0]
            yield length, run["cases"][0]["tokens_per_second"]
    elif name == "threads":
        for run in bench(galvani, model, compute, ["--beam-size", "4", "--batch-size", "32", "--threads", "1,2"]):
            yield run["threads"], run["cases"][0]["tokens_per_second"]
    else:
        for case in bench(galvani, model, compute, arguments)[0]["cases"]:
            yield case[key], case["tokens_per_second"]


def main():
    galvani, model, picture = sys.argv[1:4]
    computes = sys.argv[4:] or ["fp32"]
    figure, axes = plt.subplots(2, 2, figsize=(9, 6))
    for (name, key, arguments), axis in zip(SIDES, axes.flat):
        print(f"\n| {name} | " + " | ".join(f"{compute}, tokens/s" for compute in computes) + " |\n|---:|" + "---:|" * len(computes))
        columns = [list(points(galvani, model, compute, name, key, arguments)) for compute in computes]
        for compute, column in zip(computes, columns):
            axis.plot([x for x, _ in column], [y for _, y in column], marker="o", label=compute)
        for row in zip(*columns):
            print(f"| {row[0][0]} | " + " | ".join(f"{y:.0f}" for _, y in row) + " |")
        axis.set_xlabel(name)
        axis.set_ylabel("tokens/s")
        axis.set_ylim(bottom=0)
        axis.legend()
    figure.tight_layout()
    figure.savefig(picture, dpi=110)


main()
