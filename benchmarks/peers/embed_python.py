#!/usr/bin/python3
"""The work of `galvani embed --model MODEL.pt --source LINES -o OUT.npy` in Python, as fast as sentencepiece, torch and numpy give it.

Static sentence vectors: the mean over the tokens of (token vector + positional row). All lines are tokenised in one call on the given number of
threads, sorted by length, and pooled in batches by torch's embedding_bag in mean mode on offsets, so nothing is padded. The mean of the first n
positional rows is looked up in a table of running means.

Arguments: model.pt, sentencepiece.model, lines.txt, out.npy (or - for none), threads. Prints the seconds of each part, and those of the work after loading
(wall, and of all processors).
Needs Debian's python3-torch, python3-sentencepiece.
"""
import sys
import time

START = time.perf_counter()

import numpy
import sentencepiece
import torch

BATCH_LINES = 1024


def lap(name, since):
    now = time.perf_counter()
    print(f"{name} {now - since:.3f}", file=sys.stderr)
    return now


def main():
    model_path, tokenizer_path, lines_path, out_path, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    clock = lap("import", START)
    checkpoint = torch.load(model_path)
    weights = checkpoint["model"]
    table = weights["encoder.embeddings.make_embedding.emb_luts.0.weight"].float()  # [V, D]
    positions = weights["encoder.embeddings.make_embedding.pe.pe"].float()[:, 0]  # [positions, D]
    running = positions.double().cumsum(0) / torch.arange(1, len(positions) + 1).unsqueeze(1)
    running = running.float()  # row n - 1: the mean of the first n rows
    index = {token: number for number, token in enumerate(checkpoint["vocab"]["src"])}
    processor = sentencepiece.SentencePieceProcessor(model_file=tokenizer_path)
    to_vocabulary = numpy.array([index.get(processor.id_to_piece(i), index["<unk>"]) for i in range(processor.get_piece_size())], dtype=numpy.int64)
    clock = lap("load", clock)
    work, used = clock, time.process_time()

    with open(lines_path, encoding="utf-8", newline="\n") as file:
        lines = file.read().split("\n")[:-1]
    ids = processor.encode(lines, out_type=int, num_threads=int(threads))
    clock = lap("tokenise", clock)

    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    vectors = torch.zeros(len(ids), table.shape[1])  # a blank line stays a row of zeros
    with torch.no_grad():
        for start in range(0, len(order), BATCH_LINES):
            rows = [i for i in order[start:start + BATCH_LINES] if ids[i]]
            if not rows:
                continue
            lengths = torch.tensor([len(ids[i]) for i in rows])
            flat = torch.from_numpy(to_vocabulary[numpy.concatenate([ids[i] for i in rows])])
            offsets = torch.cumsum(lengths, 0) - lengths
            means = torch.nn.functional.embedding_bag(flat, table, offsets, mode="mean")
            vectors[torch.tensor(rows)] = means + running[lengths - 1]
    clock = lap("pool", clock)

    if out_path != "-":
        numpy.save(out_path, vectors.numpy())
    clock = lap("save", clock)
    lap("work", work)
    print(f"work_processor {time.process_time() - used:.3f}", file=sys.stderr)


if __name__ == "__main__":
    main()
