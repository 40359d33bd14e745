#!/usr/bin/env bash
# The official conformance suite against the `conformance` example: every required check of both revisions without a failure or
# a warning, and every unscored scenario as well, except those of the tasks and skills extensions.
# CONFORMANCE_URL=http://127.0.0.1:PORT/mcp judges a server that runs already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../tools.sh"
cd "$root"

npm_packages "$target/conformance/node" @modelcontextprotocol/conformance@0.2.0-alpha.12

url=${CONFORMANCE_URL:-}
if [ -z "$url" ]; then
    cargo build --quiet --example conformance
    serve "$target/debug/examples/conformance" --http 127.0.0.1:0
fi
echo "judging $url"

failed=0
for revision in 2025-11-25 2026-07-28; do
    out=$target/conformance/$revision
    rm -rf "$out"
    conformance server --url "$url" --requirements "$revision" --expected-failures "$here/expected-failures.yml" -o "$out" >"$out.log" 2>&1 ||
        { failed=1; echo "$revision: a required scenario is not clean; $out.log ends with"; tail -n 40 "$out.log"; }
    node "$here/summary.mjs" "$revision" "$out" || failed=1
done
exit $failed
