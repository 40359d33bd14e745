// Reads what one run of the suite left behind, prints the sums, and fails when a scenario that we answer for is not clean.
import { readFileSync, readdirSync } from 'node:fs'

const [revision, out] = process.argv.slice(2)
// All that the revision has to offer a server without the extensions; fewer means that something was not run.
const expected = { '2025-11-25': 84, '2026-07-28': 152 }[revision]
const extension = scenario => /^(tasks|skills)/.test(scenario)

let passed = 0
const unclean = []
const scenarios = new Set()
const left = new Set()
for (const run of readdirSync(out).sort()) {
  const scenario = run.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT.*$/, '')
  if (extension(scenario)) {
    left.add(scenario)
    continue
  }
  scenarios.add(scenario)
  for (const check of JSON.parse(readFileSync(`${out}/${run}/checks.json`))) {
    // We answer with one piece of JSON where nothing has to stream. The suite notes that as information, not as a pass.
    const optional = check.id === 'server-sse-streams-functional' && check.status === 'INFO'
    if (check.status === 'SUCCESS' || optional) passed += 1
    else if (check.status === 'FAILURE' || check.status === 'WARNING')
      unclean.push(`${check.status} ${scenario}:${check.id} ${check.errorMessage ?? ''}`)
  }
}

for (const line of unclean) console.log(line)
console.log(`${revision}: ${passed} checks passed in ${scenarios.size} scenarios, ${unclean.length} not clean, ${left.size} extension scenarios left out`)
if (passed < expected) console.log(`${revision}: ${expected} checks were expected`)
process.exit(unclean.length > 0 || passed < expected ? 1 : 0)
