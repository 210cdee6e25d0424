#!/bin/sh
# The whole test suite: style, types, then every test and every example in a docstring.
. "$(dirname "$0")/setup.sh"
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/mypy
exec .venv/bin/python -m pytest "$@"
