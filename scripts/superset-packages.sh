#!/usr/bin/env bash
# Superset from its lock, in an environment of its own (build/superset, some 700 MB). Nothing when it is there; ends with 1 and says why
# where the packages cannot be had.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec "${PYTHON:-$PWD/.venv/bin/python}" scripts/bootstrap.py --superset
