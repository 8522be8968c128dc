#!/bin/bash
# One shard for each task of a Slurm array. From the course's folder, which all nodes share:
#
#   NAME=two_layer_network INBOX=downloads/week2 OUT=results/week2 SEED=7 sbatch docs/scale/slurm.sh
#   grader merge results/week2/part-* --out results/week2/all
#
#SBATCH --job-name=grader
#SBATCH --array=1-4
#SBATCH --cpus-per-task=8
#SBATCH --mem=16G
#SBATCH --time=01:00:00
#SBATCH --requeue
set -euo pipefail

part="$OUT/part-$SLURM_ARRAY_TASK_ID"
resume=()
if [ -e "$part/results.db" ]; then resume=(--resume); fi  # Slurm has requeued us
grader grade "$INBOX" --assignment "$NAME" --seed "$SEED" --out "$part" \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --jobs "$SLURM_CPUS_PER_TASK" "${resume[@]}"
