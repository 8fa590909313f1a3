#!/usr/bin/python3
"""Greedy and beam search of an OpenNMT-py Transformer in plain torch, as fast as torch's own operations make it: the peer that runs anywhere.

What it does well, so that a comparison with it is fair: keys and values of the encoder states once per batch, self-attention caches, q/k/v in one product, no gradient,
sources of one length (so that nothing is padded), the caches of beams reordered in place of copied hypotheses. Every hypothesis has exactly the asked number of target tokens
(the end token is never taken), so that all engines do the same work.

Arguments: model.pt and options. Prints target tokens of the best hypotheses per second of translation time, loading excluded. Needs Debian's python3-torch.
"""
import argparse
import math
import resource
import time

import torch
import torch.nn.functional as F

NORM_EPSILON = 1e-6


class Weights:
    """The tensors of a checkpoint, float32, with the products of one input joined."""

    def __init__(self, path):
        checkpoint = torch.load(path, weights_only=False)
        options = checkpoint["opt"]
        self.tensors = {name: tensor.float() for name, tensor in checkpoint["model"].items()}
        self.tensors.update({"generator." + name: tensor.float() for name, tensor in checkpoint["generator"].items()})
        self.heads = options.heads
        self.encoder_layers, self.decoder_layers = options.enc_layers, options.dec_layers
        tokens = checkpoint["vocab"]["tgt"]
        self.start, self.end = tokens.index(checkpoint["vocab"]["decoder_start_token"]), tokens.index("</s>")
        for side, prefix, count in (("encoder", "encoder.transformer.", self.encoder_layers), ("decoder", "decoder.transformer_layers.", self.decoder_layers)):
            for layer in range(count):
                self.join(f"{prefix}{layer}.self_attn", ("query", "keys", "values"))
                if side == "decoder":
                    self.join(f"{prefix}{layer}.context_attn", ("keys", "values"))

    def join(self, attention, names):
        self.tensors[attention + ".joined"] = torch.cat([self.tensors[f"{attention}.linear_{name}.weight"] for name in names])

    def __getitem__(self, name):
        return self.tensors[name]

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self[name + ".weight"], self[name + ".bias"], NORM_EPSILON)

    def embed(self, side, ids, first_position):
        base = side + ".embeddings.make_embedding."
        rows = F.embedding(ids, self[base + "emb_luts.0.weight"])  # [N, T, D]
        positions = self[base + "pe.pe"][first_position:first_position + ids.shape[1], 0]
        return rows * math.sqrt(rows.shape[-1]) + positions

    def feed_forward(self, x, prefix):
        hidden = F.relu(F.linear(self.norm(x, prefix + "feed_forward.layer_norm"), self[prefix + "feed_forward.w_1.weight"]))
        return x + F.linear(hidden, self[prefix + "feed_forward.w_2.weight"])


def split(x, heads):
    return x.view(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)  # [N, H, T, K]


def attend(query, keys, values):
    """[N, H, T, K] each; the mean of the values weighted by the soft-max of query · key / sqrt(K), heads side by side again."""
    weights = torch.softmax(torch.matmul(query * query.shape[-1] ** -0.5, keys.transpose(2, 3)), dim=-1)
    context = torch.matmul(weights, values)  # [N, H, T, K]
    return context.transpose(1, 2).reshape(context.shape[0], context.shape[2], -1)  # [N, T, D]


def encode(weights, source):
    x = weights.embed("encoder", source, 0)
    for layer in range(weights.encoder_layers):
        prefix = f"encoder.transformer.{layer}."
        query, keys, values = (split(part, weights.heads) for part in F.linear(weights.norm(x, prefix + "layer_norm"), weights[prefix + "self_attn.joined"]).chunk(3, dim=-1))
        x = x + F.linear(attend(query, keys, values), weights[prefix + "self_attn.final_linear.weight"])
        x = weights.feed_forward(x, prefix)
    return weights.norm(x, "encoder.layer_norm")


class Decoder:
    """The decoder's state for rows = sentences x beams: caches of self-attention, and the keys and values of the encoder states, one a sentence."""

    def __init__(self, weights, states, beams, steps):
        self.weights, self.beams = weights, beams
        sentences, _, width = states.shape
        shape = (sentences * beams, weights.heads, steps, width // weights.heads)
        self.keys = [torch.empty(shape) for _ in range(weights.decoder_layers)]
        self.values = [torch.empty(shape) for _ in range(weights.decoder_layers)]
        self.cross = []
        for layer in range(weights.decoder_layers):
            joined = F.linear(states, weights[f"decoder.transformer_layers.{layer}.context_attn.joined"])
            self.cross.append([split(part, weights.heads) for part in joined.chunk(2, dim=-1)])  # [B, H, S, K]

    def step(self, tokens, step):
        """Log-probabilities [rows, V] of the next token."""
        weights = self.weights
        x = weights.embed("decoder", tokens.unsqueeze(1), step)  # [rows, 1, D]
        for layer in range(weights.decoder_layers):
            prefix = f"decoder.transformer_layers.{layer}."
            joined = F.linear(weights.norm(x, prefix + "layer_norm_1"), weights[prefix + "self_attn.joined"])
            query, keys, values = (split(part, weights.heads) for part in joined.chunk(3, dim=-1))
            self.keys[layer][:, :, step] = keys[:, :, 0]
            self.values[layer][:, :, step] = values[:, :, 0]
            x = x + F.linear(attend(query, self.keys[layer][:, :, :step + 1], self.values[layer][:, :, :step + 1]), weights[prefix + "self_attn.final_linear.weight"])
            query = F.linear(weights.norm(x, prefix + "layer_norm_2"), weights[prefix + "context_attn.linear_query.weight"])
            # The beams of a sentence are the positions of one query, so that its keys and values are not copied.
            query = split(query.view(-1, self.beams, query.shape[-1]), weights.heads)  # [B, H, W, K]
            context = attend(query, *self.cross[layer]).view(x.shape)
            x = x + F.linear(context, weights[prefix + "context_attn.final_linear.weight"])
            x = weights.feed_forward(x, prefix)
        x = weights.norm(x, "decoder.layer_norm")[:, 0]
        return torch.log_softmax(F.linear(x, weights["generator.weight"], weights["generator.bias"]), dim=-1)

    def reorder(self, rows, length):
        for cache in (self.keys, self.values):
            for layer, held in enumerate(cache):
                cache[layer][:, :, :length] = held[rows, :, :length]


def translate(weights, source, beams, steps):
    """The best hypothesis of each sentence, [B, steps], and its score."""
    sentences = source.shape[0]
    decoder = Decoder(weights, encode(weights, source), beams, steps)
    tokens = torch.full((sentences * beams,), weights.start)
    scores = torch.full((sentences, beams), -math.inf)
    scores[:, 0] = 0
    written = torch.empty((sentences * beams, 0), dtype=torch.long)
    first_rows = torch.arange(sentences).unsqueeze(1) * beams
    for step in range(steps):
        log_probs = decoder.step(tokens, step)
        log_probs[:, weights.end] = -math.inf  # exactly so many tokens
        if beams == 1:
            best, tokens = log_probs.max(dim=-1)
            scores = scores + best.unsqueeze(1)
        else:
            totals = (log_probs.view(sentences, beams, -1) + scores.unsqueeze(2)).flatten(1)  # [B, W x V]
            scores, places = totals.topk(beams, dim=-1)
            rows = (places.div(log_probs.shape[1], rounding_mode="floor") + first_rows).flatten()
            tokens = places.remainder(log_probs.shape[1]).flatten()
            written = written[rows]
            if step + 1 < steps:
                decoder.reorder(rows, step + 1)
        written = torch.cat([written, tokens.unsqueeze(1)], dim=1)
    return written.view(sentences, beams, steps)[:, 0], scores[:, 0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--sentences", type=int, default=64)
    parser.add_argument("--source-tokens", type=int, default=20)
    parser.add_argument("--target-tokens", type=int, default=40)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--source", help="lines of ids to translate instead of random ones; the ids written are printed")
    options = parser.parse_args()
    weights = Weights(options.model)
    if options.source:
        print_translations(weights, options)
        return
    random = torch.Generator().manual_seed(1)
    ids = torch.randint(4, weights["encoder.embeddings.make_embedding.emb_luts.0.weight"].shape[0], (options.sentences, options.source_tokens), generator=random)
    for threads in options.threads:
        torch.set_num_threads(threads)
        for beams in options.beams:
            rates = sorted(rate(weights, ids, beams, options) for _ in range(options.repetitions))
            print(f"threads {threads}, beam {beams}: {rates[len(rates) // 2]:.1f} tokens/s (median of {len(rates)}, {rates[0]:.1f} to {rates[-1]:.1f})", flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB")


def rate(weights, ids, beams, options):
    start = time.perf_counter()
    with torch.no_grad():
        for batch in ids.split(options.batch):
            translate(weights, batch, beams, options.target_tokens)
    return options.sentences * options.target_tokens / (time.perf_counter() - start)


def print_translations(weights, options):
    with open(options.source, encoding="utf-8") as file, torch.no_grad():
        for line in file:
            ids = torch.tensor([[int(part) for part in line.split()]])
            for beams in options.beams:
                written, score = translate(weights, ids, beams, options.target_tokens)
                print(beams, f"{score.item():.6f}", *written[0].tolist(), flush=True)


if __name__ == "__main__":
    main()
