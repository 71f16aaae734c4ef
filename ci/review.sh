#!/usr/bin/env bash
# Judges a change of topics/ and stacks/: the same answer on a laptop, in any CI, and in the pull request's comment.
#
#   ci/review.sh BASE [FOLDER [HEAD]]
#
# BASE    a commit, branch or tag: the change is what HEAD did since it left it
# FOLDER  gets comment.md, check.json, check.sarif, diff.json, on GitLab also codequality.json (default: review/)
# HEAD    a commit: only its files are judged, by the kit of this checkout (default: the working tree)
#
# Needs git and Node; no credentials, no network beyond the npm packages, no cluster.
# Exit code: 0 nothing is against it; 1 a rule is broken or the change is refused; 2 a side cannot be read;
# 3 history that is needed is missing.
set -euo pipefail

if [ $# -lt 1 ] || [ -z "$1" ] || { [ $# -ge 3 ] && [ -z "$3" ]; }; then echo "usage: ci/review.sh BASE [FOLDER [HEAD]]" >&2; exit 2; fi
compared=(--base "$1")
if [ $# -ge 3 ]; then compared+=(--head "$3"); fi
mkdir -p "${2:-review}"
folder=$(cd "${2:-review}" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."
kit() { node cli/kit.mjs "$@"; }

# Each format is one reading of a second; only the first one's words are for people.
format=text
if [ "${GITHUB_ACTIONS:-}" = true ]; then format=github; fi
checked=0
kit check "${compared[@]}" --format "$format" || checked=$?
kit check "${compared[@]}" --format json > "$folder/check.json" 2> /dev/null || true
kit check "${compared[@]}" --format sarif > "$folder/check.sarif" 2> /dev/null || true
if [ "${GITLAB_CI:-}" = true ]; then kit check "${compared[@]}" --format gitlab > "$folder/codequality.json" 2> /dev/null || true; fi

judged=0
kit diff "${compared[@]}" --format markdown > "$folder/comment.md" || judged=$?
kit diff "${compared[@]}" --format json > "$folder/diff.json" 2> /dev/null || true
if [ ! -s "$folder/comment.md" ]; then
  # What cannot be read cannot be compared: the comparison's own words say why. Indented, so that nothing in them is taken for markup.
  { printf '<!-- kit diff: prod -->\n\n### The change cannot be judged\n\n'; { kit diff "${compared[@]}" 2>&1 || true; } | head -c 40000 | sed 's/^/    /'; } > "$folder/comment.md"
fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$folder/comment.md" >> "$GITHUB_STEP_SUMMARY"; fi

# The worse of both: what is missing (3) before what cannot be read (2) before what is refused (1).
if [ "$checked" -gt "$judged" ]; then exit "$checked"; fi
exit "$judged"
