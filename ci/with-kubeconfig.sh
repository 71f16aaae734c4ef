#!/usr/bin/env bash
# Runs a command with the kubeconfig that KUBECONFIG_CONTENT holds: in a file of the owner's alone, gone afterwards.
#
#   KUBECONFIG_CONTENT=… ci/with-kubeconfig.sh COMMAND [ARGUMENT …]
#
# Without the variable the command runs as it is. Exit code: the command's.
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: ci/with-kubeconfig.sh COMMAND [ARGUMENT …]" >&2; exit 2; }
if [ -n "${KUBECONFIG_CONTENT:-}" ]; then
  umask 077
  KUBECONFIG=$(mktemp)
  export KUBECONFIG
  trap 'rm -f "$KUBECONFIG"' EXIT
  printf '%s\n' "$KUBECONFIG_CONTENT" > "$KUBECONFIG"
  unset KUBECONFIG_CONTENT
fi
"$@"
