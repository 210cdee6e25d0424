# Sourced by the other scripts: makes .venv with the pinned dependencies, once for each state of the two files below.
# Needs a Python of at least 3.11 with venv; choose another with PYTHON=/path/to/python.
set -eu
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-$(command -v python3.11 || command -v python3)}"
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "error: $PYTHON is older than Python 3.11; set PYTHON to a newer one" >&2
    exit 2
}
state="$(cat pyproject.toml constraints.txt | cksum)"
if [ ! -x .venv/bin/python ] || [ "$(cat .venv/installed 2>/dev/null)" != "$state" ]; then
    echo "Setting up .venv ..."
    [ -x .venv/bin/python ] || "$PYTHON" -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
    printf '%s\n' "$state" > .venv/installed
fi
