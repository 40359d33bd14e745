#!/usr/bin/env bash
# The official Inspector in its CLI mode. Started by run.sh, which says in the environment where the servers are.
set -uo pipefail
failed=0

# expect NAME PATTERN COMMAND..: the command succeeds and its output has the pattern.
expect() {
    local name=$1 pattern=$2 output
    shift 2
    if output=$("$@" 2>&1) && grep -qE -- "$pattern" <<<"$output"; then
        echo "PASS inspector $name"
    else
        echo "FAIL inspector $name: no $pattern in"
        printf '%s\n' "$output" | head -n 40
        failed=1
    fi
}

# refuse NAME PATTERN COMMAND..: the tool fails, which the Inspector reports with exit code 5, and its output has the pattern.
refuse() {
    local name=$1 pattern=$2 output
    shift 2
    output=$("$@" 2>&1)
    if [ $? = 5 ] && grep -qE -- "$pattern" <<<"$output"; then
        echo "PASS inspector $name"
    else
        echo "FAIL inspector $name: no exit code 5, or no $pattern in"
        printf '%s\n' "$output" | head -n 40
        failed=1
    fi
}

inspect() { mcp-inspector --cli "$@" </dev/null; }

for era in legacy modern; do
    for transport in stdio http; do
        if [ $transport = stdio ]; then
            todo=("$TODO" -e "TODO_DB=$TODO_DB.$era") weather=("$WEATHER")
        else
            todo=("$TODO_URL") weather=("$WEATHER_URL")
        fi
        todo+=(--protocol-era $era --format json -q) weather+=(--protocol-era $era --format json -q)
        of="$era $transport"

        expect "$of todo tools/list" '"create_todo"' inspect "${todo[@]}" --method tools/list
        expect "$of todo tools/list --strict" '"create_todo"' inspect "${todo[@]}" --method tools/list --strict
        expect "$of create_todo" '"title": ?"Learn MCP"' \
            inspect "${todo[@]}" --method tools/call --tool-name create_todo --tool-arg "title=Learn MCP"
        expect "$of set_todo_status" '"done": ?true' \
            inspect "${todo[@]}" --method tools/call --tool-name set_todo_status --tool-args-json '{"todo_id": 1, "done": true}'
        expect "$of list_todos" '"open": ?' inspect "${todo[@]}" --method tools/call --tool-name list_todos

        expect "$of weather tools/list --strict" '"get_forecast"' inspect "${weather[@]}" --method tools/list --strict
        expect "$of get_temperature" '39\.7' \
            inspect "${weather[@]}" --method tools/call --tool-name get_temperature --tool-arg city=Oslo unit=fahrenheit
        expect "$of templates" 'weather://\{city\}/current' inspect "${weather[@]}" --method resources/templates/list
        expect "$of resources/read" '# San Francisco' inspect "${weather[@]}" --method resources/read --uri weather://San%20Francisco/current
        expect "$of prompts/list" '"packing"' inspect "${weather[@]}" --method prompts/list
        expect "$of prompts/get" 'Oslo for 5 days' \
            inspect "${weather[@]}" --method prompts/get --prompt-name packing --prompt-args city=Oslo days=5
    done
done

# The text comes first: `read` would take an empty first column for none.
failures() {
    node -p 'JSON.parse(fs.readFileSync(process.env.FAILURES)).map(f => `${f.text.replaceAll(/[\^$]/g, "")}\t${f.how}`).join("\n")'
}

for era in legacy auto modern; do
    for target in "$FAILING" "$FAILING_URL"; do
        while IFS=$'\t' read -r text how; do
            refuse "$era ${target##*/} fails: $text" "$text" inspect "$target" --protocol-era $era --format json -q \
                --method tools/call --tool-name measure --tool-args-json "{\"how\": \"$how\"}"
        done < <(failures)
    done
done
exit $failed
