#!/usr/bin/python3
"""Makes tests/Golden/sentencepiece-settings: small SentencePiece models, one per setting, and what the reference makes of lines.

Needs Debian's sentencepiece and python3-sentencepiece (0.1.97). Run in the repository's root; writes the same files again.
"""
import gzip
import json
import os
import subprocess
import tempfile

import sentencepiece

SOURCE = "tests/Golden/sentencepiece/lines.jsonl.gz"
TARGET = "tests/Golden/sentencepiece-settings"
COMMON = ["--vocab_size=500", "--hard_vocab_limit=false", "--character_coverage=0.999", "--minloglevel=2"]
USER_DEFINED = "--user_defined_symbols=<sep>,<sep><sep>,стр,a b,▁the"

# name -> options of spm_train, and every how manieth normal piece is turned into an unused one (0: none)
MODELS = {
    "word": (["--model_type=word", "--normalization_rule_name=identity"], 0),
    "word_suffix": (["--model_type=word", "--normalization_rule_name=identity", "--treat_whitespace_as_suffix"], 0),
    "char": (["--model_type=char", "--normalization_rule_name=identity"], 0),
    "char_uds": (["--model_type=char", "--normalization_rule_name=identity", USER_DEFINED], 7),
    "unigram_suffix": (["--model_type=unigram", "--normalization_rule_name=identity", "--treat_whitespace_as_suffix"], 0),
    "unigram_across": (["--model_type=unigram", "--normalization_rule_name=identity", "--split_by_whitespace=false"], 0),
    "unigram_unused": (["--model_type=unigram", "--normalization_rule_name=identity", USER_DEFINED], 3),
    "unigram_bare": (["--model_type=unigram", "--normalization_rule_name=identity", "--add_dummy_prefix=false",
                      "--remove_extra_whitespaces=false", "--unk_surface=[?]"], 0),
    "bpe_suffix": (["--model_type=bpe", "--normalization_rule_name=identity", "--treat_whitespace_as_suffix"], 0),
    "bpe_across": (["--model_type=bpe", "--normalization_rule_name=identity", "--split_by_whitespace=false"], 0),
    "bpe_unused": (["--model_type=bpe", "--normalization_rule_name=identity", USER_DEFINED], 3),
    "bpe_keep_space": (["--model_type=bpe", "--normalization_rule_name=identity", "--remove_extra_whitespaces=false", "--byte_fallback"], 0),
    "bpe_denormalized": (["--model_type=bpe", "--normalization_rule_name=identity", "--denormalization_rule_tsv=RULES"], 0),
    "unigram_tsv": (["--model_type=unigram", "--normalization_rule_tsv=RULES"], 0),
}
# code points -> code points, in hexadecimal: a ligature apart, a letter to none, two letters to one, two to three
RULES = "FB01\t66 69\n301\t\n435 308\t451\n61 62\t63 20 64\n2013\t2D\n9\t20\n"


def read_varint(data, position):
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


def write_varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def fields(data):
    position = 0
    while position < len(data):
        start = position
        tag, position = read_varint(data, position)
        if tag & 7 == 0:
            value, position = read_varint(data, position)
        elif tag & 7 == 2:
            length, position = read_varint(data, position)
            value = data[position:position + length]
            position += length
        elif tag & 7 == 5:
            value = data[position:position + 4]
            position += 4
        else:
            raise ValueError(tag)
        yield tag >> 3, value, data[start:position]


def with_unused(model, step):
    """The model with every step-th normal piece's type set to unused (5), by a second type field: the last one counts."""
    out, normal = bytearray(), 0
    for number, value, raw in fields(model):
        if number == 1 and not any(n == 3 for n, _, _ in fields(value)):
            normal += 1
            if normal % step == 0:
                value += b"\x18\x05"
                raw = b"\x0a" + write_varint(len(value)) + value
        out += raw
    return bytes(out)


def pieces_of(encoded):
    """ids, pieces, byte offsets of a serialised SentencePieceText."""
    result = []
    for number, value, _ in fields(encoded):
        if number == 2:
            piece = {n: v for n, v, _ in fields(value)}
            result.append((piece.get(2, 0), piece[1].decode("utf-8"), piece.get(4, 0), piece.get(5, 0)))
    return result


def main():
    lines = [json.loads(line) for line in gzip.open(SOURCE, "rt", encoding="utf-8")]
    train = [line["text"] for line in lines if line["kind"] in ("ru", "en", "uds", "spaces", "other_uk")]
    texts = [line["text"] for line in lines[::17] if len(line["text"]) < 300 and not line["text"].startswith("<s>")]
    texts += ["", " ", "▁", "a b", "<sep><sep><sep>", "the  the", "стр", "ab aab ﬁ é ё – \t x", "x<s> </s> <unk> <0x41>", "a▁▁b ", "the the"]
    os.makedirs(TARGET, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/train.txt", "w", encoding="utf-8") as file:
            file.write("\n".join(text.replace("\n", " ").replace("\r", " ") for text in train) + "\n")
        with open(folder + "/rules.tsv", "w", encoding="utf-8") as file:
            file.write(RULES)
        for name, (options, unused) in MODELS.items():
            options = [option.replace("RULES", folder + "/rules.tsv") for option in options]
            subprocess.run(["spm_train", f"--input={folder}/train.txt", f"--model_prefix={folder}/m", *COMMON, *options], check=True)
            model = open(folder + "/m.model", "rb").read()
            # The training record holds temporary paths: its input (1) and model prefix (2) go.
            model = b"".join(raw if number != 2 else trainer_without_paths(value) for number, value, raw in fields(model))
            if unused:
                model = with_unused(model, unused)
            with open(f"{TARGET}/{name}.model", "wb") as file:
                file.write(model)
            processor = sentencepiece.SentencePieceProcessor(model_proto=model)
            with open(f"{TARGET}/{name}.expected.jsonl.gz", "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as out:
                for text in texts:
                    pieces = pieces_of(processor.encode(text, out_type="serialized_proto"))
                    out.write((json.dumps({
                        "text": text,
                        "ids": [piece[0] for piece in pieces],
                        "pieces": [piece[1] for piece in pieces],
                        "offsets": [[piece[2], piece[3]] for piece in pieces],
                        "decoded": processor.decode_ids([piece[0] for piece in pieces]),
                        "decoded_pieces": processor.decode_pieces([piece[1] for piece in pieces]),
                        "shuffled": decode_shuffled(processor, [piece[0] for piece in pieces]),
                    }, ensure_ascii=False) + "\n").encode("utf-8"))


def decode_shuffled(processor, ids):
    """Ids in an order that encoding never gives, specials between: reversed, rotated, with 1 and 2 (<s>, </s>) in front and inside."""
    order = [1, *ids[::-1], 0, 2, *ids[len(ids) // 2:]]
    return {"ids": order, "decoded": processor.decode_ids(order)}


def trainer_without_paths(value):
    kept = b"".join(raw for number, _, raw in fields(value) if number not in (1, 2))
    return b"\x12" + write_varint(len(kept)) + kept


if __name__ == "__main__":
    main()
