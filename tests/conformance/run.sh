#!/usr/bin/env bash
# The official conformance suite against the `conformance` example: every required check of both revisions without a failure or
# a warning, and every unscored scenario as well, except those of the tasks and skills extensions; and against the
# `conformance_client` example.
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

# The client's side: all scenarios but those of OAuth and of extensions, with the number of checks that a good client passes.
cargo build --quiet --example conformance_client
client() {
    local revision=$1 out=$target/conformance/client-$1 scenario
    shift
    rm -rf "$out" && mkdir -p "$out"
    for scenario in "$@"; do
        # One that is not clean fails by its checks, which are read below; so does a client that ends with an error.
        conformance client --command "$target/debug/examples/conformance_client" --scenario "${scenario%=*}" --spec-version "$revision" \
            --timeout 60000 -o "$out/${scenario%=*}" >"$out.log" 2>&1 || { failed=1; echo "$revision: ${scenario%=*}"; tail -n 20 "$out.log"; }
    done
    node "$here/client.mjs" "$revision" "$out" "$@" || failed=1
}
client 2025-11-25 initialize=1 tools_call=2 elicitation-sep1034-client-defaults=5 sse-retry=3 json-schema-2020-12-preservation=9
client 2026-07-28 tools_call=2 request-metadata=8 http-standard-headers=9 http-custom-headers=18 http-invalid-tool-headers=12 \
    sep-2322-client-request-state=6 json-schema-ref-no-deref=1 json-schema-2020-12-preservation=9
exit $failed
