#!/bin/sh
# The main job on a real network: an MNIST classifier cut into clusters, bound to 3 x 3 tiles, ordered, evaluated
# exactly, greedy against exact, and checked again without the solver.
. "$(dirname "$0")/setup.sh"
mapper=.venv/bin/mapper
result=results/mlp_mnist.dynapse-3x3.json
mkdir -p results
echo "== the network"
$mapper info mlp_mnist
echo
echo "== the exact mapping"
$mapper map mlp_mnist --platform dynapse-3x3 --time-limit 60 -o "$result"
echo
echo "== checked without the solver"
$mapper check "$result" --network mlp_mnist
echo
echo "== greedy against exact"
$mapper compare mlp_mnist --platform dynapse-3x3 --methods greedy,auto --time-limit 60 -o "$result"
