#!/usr/bin/env python3
"""Parallel text from message catalogues, for building a vocabulary map: benchmarks/message_pairs.py FOLDER OUT [LEFT-OUT ...]

Reads every .mo file in FOLDER (of Debian packages with a Russian translation, for example) and writes OUT.ru and OUT.en, one pair a line: accelerators, tags and
line ends taken out, pairs once each. Lines of the files LEFT-OUT, on either side, are not written, whatever their case, spaces and punctuation: text to measure on is
never text to build from.
"""
import gettext
import pathlib
import re
import sys

LONGEST = 400  # characters


def clean(text):
    text = re.sub(r"<[^<>]{1,80}>", " ", text)  # tags
    text = re.sub(r"\((?:&|_)\w\)|(?<!\w)[&_](?=\w)|(?<=\w)&(?=\w)", "", text)  # accelerators
    return " ".join(text.replace("\\n", " ").split())


def key(text):
    return re.sub(r"\W+", "", text).lower()


def messages(path):
    with path.open("rb") as file:
        catalog = gettext.GNUTranslations(file)._catalog
    for source, target in catalog.items():
        if isinstance(source, tuple):  # a plural form: the first is like the singular
            source, target = (source[0], target) if source[1] == 0 else ("", "")
        if source:
            yield source.split("\x04")[-1], target


def main(folder, out, *left_out):
    seen = set()
    tested = {key(line) for path in left_out for line in open(path, encoding="utf-8")} - {""}
    dropped = 0
    with open(out + ".ru", "w", encoding="utf-8") as russian_file, open(out + ".en", "w", encoding="utf-8") as english_file:
        for path in sorted(pathlib.Path(folder).glob("*.mo")):
            try:
                pairs = list(messages(path))
            except (UnicodeDecodeError, OSError, ValueError, LookupError) as problem:
                print(f"{path.name}: {problem}", file=sys.stderr)
                continue
            for english, russian in pairs:
                english, russian = clean(english), clean(russian)
                if not english or not re.search("[а-яё]", russian.lower()) or max(len(english), len(russian)) > LONGEST or (russian, english) in seen:
                    continue
                if key(russian) in tested or key(english) in tested:
                    dropped += 1
                    continue
                seen.add((russian, english))
                russian_file.write(russian + "\n")
                english_file.write(english + "\n")
    print(f"{len(seen)} pairs, {dropped} left out since they are lines of {' '.join(left_out)}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
