#!/usr/bin/env bash
# Compares a running stack with what is declared, for a scheduled job.
#
#   ci/drift.sh STACK [FOLDER]
#
# FOLDER gets drift.json (default: drift/). Variables:
#   KAFKA_BOOTSTRAP    host:port of brokers, several with commas
#   KAFKA_CA           certificate of the brokers' authority, PEM
#   AUDITOR_PASSWORD   password of platform-auditor, which may only look
#   SCHEMA_REGISTRY    URL of the registry's API; without it subjects are not looked at
#   DRIFT_FAIL_ON      classes that count (default: differs,missing)
#
# The password and the certificate go into files for the owner alone, which are gone afterwards.
# Exit code: 0 it runs as declared; 1 it deviates; 2 wrong usage, or the declaration has problems; 3 it cannot be looked at.
# drift.json is written with 0 and 1.
set -euo pipefail

usage() { echo "ci/drift.sh: $1" >&2; exit 2; }
[ $# -ge 1 ] && [ $# -le 2 ] || usage "usage: ci/drift.sh STACK [FOLDER]"
[[ $1 =~ ^[a-z][a-z0-9-]*$ ]] || usage "'${1//[^[:print:]]/?}' is no name of a stack"
for name in KAFKA_BOOTSTRAP KAFKA_CA AUDITOR_PASSWORD; do [ -n "${!name:-}" ] || usage "the variable $name is not set; see docs/guide/ci.md"; done

stack=$1
mkdir -p "${2:-drift}"
folder=$(cd "${2:-drift}" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."

umask 077
secrets=$(mktemp -d)
trap 'rm -rf "$secrets"' EXIT
printf '%s\n' "$KAFKA_CA" > "$secrets/ca.pem"
printf '%s' "$AUDITOR_PASSWORD" > "$secrets/password"
unset KAFKA_CA AUDITOR_PASSWORD

code=0
node cli/kit.mjs drift --stack "$stack" --bootstrap "$KAFKA_BOOTSTRAP" --ca "$secrets/ca.pem" --username platform-auditor --password-file "$secrets/password" \
  ${SCHEMA_REGISTRY:+--registry "$SCHEMA_REGISTRY"} --fail-on "${DRIFT_FAIL_ON:-differs,missing}" --json > "$secrets/drift.json" || code=$?
if [ "$code" -gt 1 ]; then exit "$code"; fi
umask 022
cat "$secrets/drift.json" > "$folder/drift.json"
exit "$code"
