#!/bin/sh
# Everything that benchmarks/results/ holds about whole processes and tokenisation, measured again on this machine, as Markdown on standard output.
# Arguments: [folder for the checkpoint and the lines = artifacts/benchmarks] [pairs = 9]. Wants a quiet machine, 2 GB of disk, the .NET SDK with gcc, and Debian's
# time, python3-torch, python3-sentencepiece and sentencepiece.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
folder=${1:-$root/artifacts/benchmarks}
pairs=${2:-9}
mkdir -p "$folder"
dotnet publish "$root/src/Galvani.Cli" -c Release -o "$folder/galvani" >&2
dotnet build "$root/benchmarks/Galvani.Benchmarks" -c Release >&2
benchmarks="$root/benchmarks/Galvani.Benchmarks/bin/Release/net10.0/Galvani.Benchmarks.dll"
test -f "$folder/seed.pt" || dotnet "$benchmarks" generate-seed-shape -o "$folder/seed.pt" >&2
/usr/bin/python3 "$root/benchmarks/whole.py" "$folder/galvani/galvani" "$folder" --pairs "$pairs"
printf '\n## Static vectors in memory\n\n'
dotnet "$benchmarks" embed-throughput "$folder/seed.pt" "$folder/lines-100000.txt"
printf '\n## Machine peaks\n\n'
dotnet "$benchmarks" machine-peaks
printf '\n## Translation in plain torch\n\n'
/usr/bin/python3 "$root/benchmarks/peers/translate_torch.py" "$folder/seed.pt"
printf '\n## Tokenisation\n\n'
dotnet "$benchmarks" tokenizer-load
dotnet "$benchmarks" tokenize-throughput
