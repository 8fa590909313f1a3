#!/bin/sh
# The reference's command line program on a text: whole process, with the time for an empty input taken off.
# Arguments: model, text file. Needs Debian's sentencepiece. (tokenize-throughput does the same in one run with ours.)
set -eu
seconds() { # input file
    start=$(date +%s.%N)
    spm_encode --model="$model" --output_format=id <"$1" >/dev/null
    end=$(date +%s.%N)
    echo "$end $start" | awk '{ print $1 - $2 }'
}
model=$1
text=$2
whole=$(seconds "$text")
idle=$(seconds /dev/null)
wc -c <"$text" | awk -v whole="$whole" -v idle="$idle" '{ printf "%.2f s, %.1f MB/s\n", whole - idle, $1 / 1e6 / (whole - idle) }'
