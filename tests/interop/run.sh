#!/usr/bin/env bash
# Published clients that nobody here wrote, against `todo` and `weather`, over stdio and HTTP, in both eras: the Inspector's CLI,
# the TypeScript client and Python's fastmcp. `run.sh typescript` runs only that one.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../tools.sh"
cd "$root"

cargo build --quiet --example todo --example weather || exit 1
export TODO=$target/debug/examples/todo WEATHER=$target/debug/examples/weather
work=$(mktemp -d)
trap 'stop_servers; rm -rf "$work"' EXIT

# Each client gets servers and files of its own, so that what it reads is what it wrote.
fresh() {
    stop_servers
    export TODO_DB=$work/$1-http.json
    serve "$TODO" --http 127.0.0.1:0 && export TODO_URL=$url || return 1
    serve "$WEATHER" --http 127.0.0.1:0 && export WEATHER_URL=$url || return 1
    export TODO_DB=$work/$1-stdio.json
}

node_clients() {
    npm_packages "$target/interop/node" @modelcontextprotocol/inspector@2.12.0 @modelcontextprotocol/client@2.4.0
}

inspector() { node_clients && fresh inspector && bash "$here/inspector.sh"; }

typescript() {
    # Modules are looked for beside the importing file, so the script goes to where the packages are.
    node_clients && fresh typescript && cp "$here/typescript.mjs" "$target/interop/node/" && node "$target/interop/node/typescript.mjs"
}

python() {
    local venv=$target/interop/venv
    [ -e "$venv/installed" ] || {
        rm -rf "$venv"
        python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check "fastmcp>=4.1,<5" && touch "$venv/installed"
    } || return 1
    fresh python && "$venv/bin/python" "$here/python.py"
}

failed=0
for client in "${@:-inspector typescript python}"; do
    for one in $client; do
        "$one" || { echo "FAIL $one"; failed=1; }
    done
done
exit $failed
