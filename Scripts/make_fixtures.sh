#!/usr/bin/env bash
# Trains the bundled models anew, with mff-inspect alone, and puts them into a folder.
#
#   Scripts/make_fixtures.sh PROGRAM [FOLDER [WORK]]    Fixtures, and .build/fixtures for the runs, unless told
#
# Two trainings at a time, each with a fixed number of threads, on which the last bits of weights depend. What was interrupted goes on
# where it was. At the end: the figures that Fixtures/README.md states.
set -euo pipefail
cd "$(dirname "$0")/.."

program=$(realpath "${1:?usage: Scripts/make_fixtures.sh PROGRAM [FOLDER [WORK]]}")
folder=$(realpath "${2:-Fixtures}")
mkdir -p "${3:-.build/fixtures}"
cd "${3:-.build/fixtures}"

# The recipe that all share. Batches of 16 at a base rate of 0.032 are a peak of 2e-3, and 3,000 steps of that sum to 3: AdamW moves a
# fusion logit by no more. The crop is that of PixMIM and MFF, which keeps the leaf that decides on the class in the picture.
recipe=(--synthetic dead-leaves --count 8000 --epochs 6 --batch-size 16 --arch micro --augmentation simple-resized-crop
  --learning-rate 0.032 --clip 1 --threads 1 --log-every 20)

# train NAME [OPTION ...]: the run NAME, begun, gone on with, or left as it is when complete.
train() {
  local name=$1 state=()
  shift
  [[ -e $name/config.json ]] && state=(--resume)
  nice -n 10 "$program" pretrain -o "$name" "${recipe[@]}" "${state[@]}" --save-every 6 "$@" 2> >(sed "s/^/$name: /" >&2)
}

SECONDS=0
{
  # A label says less than the pixels of a hundred patches, so its gradient is noisier: a quarter of the learning rate.
  train supervised --method supervised --fuse all --half --learning-rate 0.008 --threads 2
  train eva --method eva --teacher supervised/epoch_6.safetensors --fuse all --half --threads 2
} &
first=$!
{
  train mae
  train mff --fuse 0,2,4,6,8,11
  train pilot --fuse all --half --save-every 2
  for seed in 1 2; do train "pilot-seed-$seed" --fuse all --half --seed "$seed"; done
} &
wait "$first"
wait $!
echo "trained in $((SECONDS / 60)) min"

# put RUN EPOCH FILE: a checkpoint into the folder.
put() { install -m 644 "$1/epoch_$2.safetensors" "$folder/$3"; }

put mae 6 ckpt.bin
put mff 6 mff.bin
put eva 6 eva.safetensors
put supervised 6 supervised.safetensors
rm -rf "$folder/run"
mkdir "$folder/run"
for epoch in 2 4 6; do put pilot $epoch run/epoch_$epoch.safetensors; done
install -m 644 pilot/config.json pilot/scalars.jsonl "$folder/run"

"$program" reconstruct "$folder/ckpt.bin" "$folder/mff.bin" "$folder"/run/epoch_{2,4,6}.safetensors --images "$folder/images" \
  --count 160 -o reconstruct.png --quiet | grep -E ': PSNR|^mean|^better'

# The weights at the end of the pilot and of its repetitions with other seeds: is their mean further from 1/12 than they are from each other?
tail -qn 1 pilot/scalars.jsonl pilot-seed-{1,2}/scalars.jsonl | awk '
  { for (i = 0; i < 12; i++) { match($0, "\"weight_" i "\":[^,}]*"); w[NR, i] = substr($0, RSTART + length("weight_" i) + 3, RLENGTH) + 0 } }
  END {
    for (i = 0; i < 12; i++) {
      mean = 0; spread = 0
      for (n = 1; n <= NR; n++) mean += w[n, i] / NR
      for (n = 1; n <= NR; n++) spread += (w[n, i] - mean) ^ 2 / (NR - 1)
      printf "layer %2d: weights %.4f %.4f %.4f, mean %.4f, standard deviation %.4f\n", i, w[1, i], w[2, i], w[3, i], mean, sqrt(spread)
      away += (mean - 1 / 12) ^ 2 / 12; apart += spread / 12
    }
    printf "root mean square: %.4f away from 1/12, %.4f over seeds\n", sqrt(away), sqrt(apart)
    exit !(away > apart)
  }'
tail -qn 1 supervised/scalars.jsonl eva/scalars.jsonl
du -ch "$folder"/*.bin "$folder"/*.safetensors "$folder/run" "$folder/images" | tail -n 1
