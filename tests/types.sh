#!/usr/bin/env bash
# Runs mypy on links that have the installed shape: debugworld/, with the other folders inside it.
set -eu
cd "$(dirname "$0")/.."
shape=build/types/debugworld
rm -rf build/types
mkdir -p "$shape"
for entry in "$PWD"/debugworld/*; do ln -s "$entry" "$shape/"; done
for folder in sandboxes worldmodel envs agents; do ln -s "$PWD/$folder" "$shape/$folder"; done
exec mypy "$@"
