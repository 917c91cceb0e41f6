#!/usr/bin/env bash
# Tunesmith's one command. Without arguments: install what is missing, start, open the browser.
#   ./run.sh [--port N] [--host A] [--var DIR] [--fast N] [--slow N] [--no-browser] [--reload]
#   ./run.sh test [--all] [pytest arguments]    checks and tests
#   ./run.sh lock                               remake the lock files from requirements*.txt
#   ./run.sh generate|classify|transcribe|analyse|import|reindex|doctor    the `tunesmith` command line; see ./run.sh cli --help
set -euo pipefail
cd "$(dirname "$0")"

VENV="${VENV:-.venv}"
PY="$VENV/bin/python"

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }

find_python() {
  for name in python3.13 python3.12 python3.11 python3; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
  say "Tunesmith needs Python 3.11, 3.12 or 3.13, and none was found."
  exit 1
}

# The CPU build of torch is a tenth of the size. It is taken where no NVIDIA GPU is found and PyTorch's own index
# can be reached; elsewhere PyPI's build, which runs everywhere, is taken from the hashed lock.
TORCH_CPU_INDEX="https://download.pytorch.org/whl/cpu"

cpu_torch_wanted() {
  [ "$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null &&
    "$PY" -c "import urllib.request; urllib.request.urlopen('$TORCH_CPU_INDEX/torch/', timeout=4)" 2>/dev/null
}

# A stamp holds the hash of the lock it was installed from, so packages are installed once and again when it changes.
installed() { [ -f "$VENV/$1.stamp" ] && [ "$(cat "$VENV/$1.stamp")" = "$(hash_of "$1")" ]; }
hash_of() { cksum <"$1.lock"; }

install() {
  [ -x "$PY" ] || "$(find_python)" -m venv "$VENV"
  if ! installed requirements-torch; then
    say "Installing packages (once; this takes a few minutes) ..."
    if cpu_torch_wanted; then
      "$PY" -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements.lock
      "$PY" -m pip --disable-pip-version-check install --quiet --index-url "$TORCH_CPU_INDEX" --extra-index-url https://pypi.org/simple \
        "torch==2.11.0+cpu" "torchaudio==2.11.0+cpu"
    else
      "$PY" -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements-torch.lock
    fi
    "$PY" -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
    hash_of requirements-torch >"$VENV/requirements-torch.stamp"
  fi
}

install_for_tests() {
  install
  if ! installed requirements-dev; then
    say "Installing what the tests need ..."
    "$PY" -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements-dev.lock
    hash_of requirements-dev >"$VENV/requirements-dev.stamp"
  fi
  # The browser tests drive the distribution's own Chromium, and FluidSynth plays material for training; where they
  # cannot be installed their tests skip and say so.
  local missing=()
  command -v chromium >/dev/null || missing+=(chromium)
  command -v fluidsynth >/dev/null || missing+=(fluidsynth)
  if [ "${#missing[@]}" -gt 0 ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    say "Installing ${missing[*]} for the tests ..."
    (apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}") >/dev/null
  fi
}

run_tests() {
  install_for_tests
  local marks=(-m "not slow")
  if [ "${1:-}" = --all ]; then
    marks=()
    shift
  fi
  "$PY" -m ruff check .
  "$PY" -m ruff format --check .
  "$PY" -m mypy
  "$VENV/bin/lint-imports"
  "$PY" -m pytest "${marks[@]}" "$@"
}

lock() {
  install_for_tests
  local compile=("$VENV/bin/uv" pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet)
  "${compile[@]}" requirements.txt -o requirements.lock
  "${compile[@]}" -c requirements.lock requirements.txt requirements-torch.txt -o requirements-torch.lock
  "${compile[@]}" -c requirements-torch.lock requirements-dev.txt -o requirements-dev.lock
}

case "${1:-}" in
  test) shift; run_tests "$@" ;;
  lock) lock ;;
  install) install ;;
  generate | classify | transcribe | analyse | import | reindex | doctor | cli)
    install
    [ "$1" = cli ] && shift
    exec "$PY" -m app.cli "$@"
    ;;
  *) install; exec "$PY" -m app.launch "$@" ;;
esac
