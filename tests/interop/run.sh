#!/usr/bin/env bash
# Published clients that nobody here wrote, against `todo`, `weather` and `failing`, over stdio and HTTP, in both eras: the
# Inspector's CLI, the TypeScript client of both versions of its SDK, Python's fastmcp and the official Python client; and the tokens
# of an authorization server that nobody here wrote.
# `run.sh typescript` runs only that one.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../tools.sh"
cd "$root"

cargo build --quiet --example todo --example weather --example failing || exit 1
export TODO=$target/debug/examples/todo WEATHER=$target/debug/examples/weather FAILING=$target/debug/examples/failing
export FAILURES=$here/failures.json
work=$(mktemp -d)
trap 'stop_servers; rm -rf "$work"' EXIT

# Each client gets servers and files of its own, so that what it reads is what it wrote.
fresh() {
    stop_servers
    export TODO_DB=$work/$1-http.json
    serve "$TODO" --http 127.0.0.1:0 && export TODO_URL=$url || return 1
    serve "$WEATHER" --http 127.0.0.1:0 && export WEATHER_URL=$url || return 1
    serve "$FAILING" --http 127.0.0.1:0 && export FAILING_URL=$url || return 1
    export TODO_DB=$work/$1-stdio.json
}

node_clients() {
    npm_packages "$target/interop/node" @modelcontextprotocol/inspector@2.12.0 @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/sdk@1.32.2
}

inspector() { node_clients && fresh inspector && bash "$here/inspector.sh"; }

typescript() { script typescript; }

typescript_v1() { script typescript_v1; }

# Modules are looked for beside the importing file, so the script goes to where the packages are.
script() {
    node_clients && fresh "$1" && cp "$here/$1.mjs" "$target/interop/node/" && node "$target/interop/node/$1.mjs"
}

# Needs nothing of the servers above: an authorization server, and a server that takes its tokens.
auth() {
    npm_packages "$target/interop/auth" @modelcontextprotocol/client@2.4.0 oidc-provider@9.13.3 || return 1
    cargo build --quiet -p fastmcp-rs-tests --example issued && cp "$here/issuer.mjs" "$here/auth.mjs" "$target/interop/auth/" || return 1
    ISSUED=$target/debug/examples/issued ISSUER_PROGRAM=$target/interop/auth/issuer.mjs node "$target/interop/auth/auth.mjs"
}

python() {
    local venv=$target/interop/venv
    [ -e "$venv/installed" ] || {
        rm -rf "$venv"
        python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check "fastmcp>=4.1,<5" "mcp>=2.3,<3" && touch "$venv/installed"
    } || return 1
    fresh python && "$venv/bin/python" "$here/python.py"
}

failed=0
for client in "${@:-inspector typescript typescript_v1 python auth}"; do
    for one in $client; do
        "$one" || { echo "FAIL $one"; failed=1; }
    done
done
exit $failed
