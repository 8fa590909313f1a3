#!/usr/bin/python3
"""Whole processes of the native binary against the same work in Python, as Markdown tables.

Ours and the peer alternate, and a ratio is the median of the ratios of pairs: what slows the machine down slows both. Wall times say what a user waits for, on a quiet machine;
processor times (user + system, all threads) say what the work costs, also on a busy one. Peak memory is GNU time's maximum resident set, of a run of its own.

Arguments: galvani, folder with seed.pt and sentencepiece.model (generate-seed-shape writes them), --pairs N, and the names of the tables to make
(inspect, embed, memory; all by default). Needs GNU time; the peers need Debian's python3-torch and python3-sentencepiece.
"""
import argparse
import os
import random
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PEERS = os.path.join(ROOT, "benchmarks", "peers")
PYTHON = "/usr/bin/python3"
THREADS = "2"
SHARED_MEMORY = "/dev/shm"


class Run:
    """One process: wall and processor seconds, and the named seconds that a peer prints about itself."""

    def __init__(self, command):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        report = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)} ended with {process.returncode}: {report}")
        self.processor = usage.ru_utime + usage.ru_stime
        pairs = (line.split() for line in report.splitlines())
        self.parts = {pair[0]: float(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].replace(".", "").isdigit()}


def peak_megabytes(command):
    output = subprocess.run(["/usr/bin/time", "-f", "%M", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True).stderr
    return int(output.split()[-1]) / 1000


def median(values):
    return statistics.median(values)


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def header(*names):
    row(*names)
    row(*["---"] + ["---:"] * (len(names) - 1))


def alternate(ours, peer, pairs, outputs=()):
    """Pairs of runs. Files that they write are removed in front of each, so that both write new ones."""
    def run(command):
        for path in outputs:
            if os.path.exists(path):
                os.remove(path)
        return Run(command)

    run(ours), run(peer)  # the files that they read are then in memory
    return [(run(ours), run(peer)) for _ in range(pairs)]


def print_ratio(name, runs, peer_wall, peer_processor, our_peak="", peer_peak=""):
    wall = median(peer_wall(peer) / ours.wall for ours, peer in runs)
    processor = median(peer_processor(peer) / ours.processor for ours, peer in runs)
    ours_wall, ours_processor = median(o.wall for o, _ in runs), median(o.processor for o, _ in runs)
    peer_walls, peer_processors = median(peer_wall(p) for _, p in runs), median(peer_processor(p) for _, p in runs)
    row(name, ms(ours_wall), ms(peer_walls), f"{wall:.1f}", ms(ours_processor), ms(peer_processors), f"{processor:.1f}",
        f"{our_peak:.1f} MB" if our_peak else "", f"{peer_peak:.1f} MB" if peer_peak else "")


def ms(seconds):
    return f"{1000 * seconds:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def inspect(galvani, folder, pairs):
    model = os.path.join(folder, "seed.pt")
    print(f"\n## Opening a checkpoint of {os.path.getsize(model) / 1e6:.0f} MB and listing its tensors, {pairs} pairs\n")
    peer = [PYTHON, os.path.join(PEERS, "inspect_python.py"), model]
    header("", "ours, wall", "Python, wall", "ratio", "ours, processor", "Python, processor", "ratio", "ours, peak", "Python, peak")
    for view in ([], ["--tensors"]):
        ours = [galvani, "inspect", model, *view]
        runs = alternate(ours, peer, pairs)
        name = "`" + " ".join(["inspect", *view]) + "`"
        print_ratio(name + ", whole processes", runs, lambda run: run.wall, lambda run: run.processor, peak_megabytes(ours), peak_megabytes(peer))
        print_ratio(name + ", Python without import", runs, lambda run: run.parts["rest"], lambda run: run.parts["rest_processor"])
    version = [Run([galvani, "--version"]) for _ in range(pairs)]
    row("`--version`", ms(median(run.wall for run in version)), "", "", ms(median(run.processor for run in version)), "", "", f"{peak_megabytes([galvani, '--version']):.1f} MB", "")


def write_lines(folder, count):
    """Lines of the sample's test set, drawn at random, always the same."""
    path = os.path.join(folder, f"lines-{count}.txt")
    if not os.path.exists(path):
        with open(os.path.join(ROOT, "samples", "ru-en", "test.ru"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        source = random.Random(1)
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(source.choice(lines) + "\n" for _ in range(count))
    return path


def embed(galvani, folder, pairs):
    model, tokenizer, lines = os.path.join(folder, "seed.pt"), os.path.join(folder, "sentencepiece.model"), write_lines(folder, 100_000)
    print(f"\n## Static vectors of 100 000 lines (width 768), text to `.npy`, {THREADS} threads both, {pairs} pairs\n")
    header("", "ours, wall", "Python, wall", "ratio", "ours, processor", "Python, processor", "ratio", "ours, peak", "Python, peak")
    places = [("disk", folder)] + ([("memory (`/dev/shm`)", SHARED_MEMORY)] if os.path.isdir(SHARED_MEMORY) else [])
    notes = []
    for place, output in places:
        ours_out, peer_out = os.path.join(output, "galvani-ours.npy"), os.path.join(output, "galvani-peer.npy")
        ours = [galvani, "embed", "--model", model, "--source", lines, "-o", ours_out, "--threads", THREADS]
        peer = [PYTHON, os.path.join(PEERS, "embed_python.py"), model, tokenizer, lines, peer_out, THREADS]
        runs = alternate(ours, peer, pairs, [ours_out, peer_out])
        print_ratio(f"whole processes, output on {place}", runs, lambda run: run.wall, lambda run: run.processor, peak_megabytes(ours), peak_megabytes(peer))
        print_ratio("ours whole, Python without import and loading", runs, lambda run: run.parts["work"], lambda run: run.parts["work_processor"])
        parts = ", ".join(f"{name} {ms(median(p.parts[name] for _, p in runs))}" for name in ("import", "load", "tokenise", "pool", "save"))
        notes.append(f"Python's parts, wall, output on {place}: {parts}.")
        if output == folder:
            notes.append(largest_difference(ours_out, peer_out))
        os.remove(ours_out)
        os.remove(peer_out)
    print("\n" + "\n".join(notes))


def largest_difference(ours_out, peer_out):
    return subprocess.run(
        [PYTHON, "-c", "import sys, numpy; a, b = (numpy.load(p, mmap_mode='r') for p in sys.argv[1:]); "
         "print('Largest difference of a component, as a share of the largest component of its row: %.1e.' % max((abs(a[i:i + 4096] - b[i:i + 4096]).max(1) / abs(b[i:i + 4096]).max(1)).max() for i in range(0, len(a), 4096)))",
         ours_out, peer_out], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def memory(galvani, folder, pairs):
    print("\n## Peak memory of `embed` against the number of lines (first 64 components to `.npy`)\n")
    header("lines", "peak", "processor")
    for count in (10_000, 100_000, 1_000_000):
        out = os.path.join(folder, "ours.npy")
        command = [galvani, "embed", "--model", os.path.join(folder, "seed.pt"), "--source", write_lines(folder, count), "--dimensions", "64", "-o", out, "--threads", THREADS]
        row(count, f"{peak_megabytes(command):.1f} MB", ms(Run(command).processor))
        os.remove(out)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        name = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"Machine: {name}, {os.cpu_count()} cores; load average before the run {load}; commit {commit or 'unknown'}."


def main():
    tables = {"inspect": inspect, "embed": embed, "memory": memory}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("galvani")
    parser.add_argument("folder")
    parser.add_argument("tables", nargs="*", default=list(tables))
    parser.add_argument("--pairs", type=int, default=9)
    arguments = parser.parse_args()
    print(machine())
    for name in arguments.tables:
        tables[name](arguments.galvani, arguments.folder, arguments.pairs)


if __name__ == "__main__":
    main()
