# shellcheck shell=bash
# Sourced after ROOT is set. ms-swift, vLLM, pip and the preflight keep caches at home. A container's user may have
# none, or not be able to write there: then the caches are in .home.
if [[ ! -w ${HOME:-} ]]; then
  export HOME=$ROOT/.home
  mkdir -p "$HOME"
fi
