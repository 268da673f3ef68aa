# shellcheck shell=bash
# Sourced after ROOT is set. ms-swift, vLLM, pip and the preflight keep caches at home, which a container's user may not be
# able to write, or not have: then they are kept in .home.
if [[ ! -w ${HOME:-} ]]; then
  export HOME=$ROOT/.home
  mkdir -p "$HOME"
fi
