// Reads what the suite left behind of our client, scenario by scenario, and fails when one is not clean or had fewer checks than a good
// client passes: a scenario that nobody exercises can be green.
import { readFileSync, readdirSync, existsSync } from 'node:fs'

const [revision, out, ...expected] = process.argv.slice(2)
let passed = 0
const unclean = []
for (const pair of expected) {
  const [scenario, count] = pair.split('=')
  const checks = []
  const directory = `${out}/${scenario}`
  for (const run of existsSync(directory) ? readdirSync(directory, { recursive: true }) : [])
    if (run.endsWith('checks.json')) checks.push(...JSON.parse(readFileSync(`${directory}/${run}`)))
  const successes = checks.filter(check => check.status === 'SUCCESS').length
  passed += successes
  for (const check of checks)
    if (check.status === 'FAILURE' || check.status === 'WARNING') unclean.push(`${check.status} ${scenario}:${check.id} ${check.errorMessage ?? ''}`)
  if (successes < Number(count)) unclean.push(`${scenario}: ${successes} checks passed, and ${count} were expected`)
}
for (const line of unclean) console.log(line)
console.log(`${revision}: our client passed ${passed} checks in ${expected.length} scenarios, ${unclean.length} not clean`)
process.exit(unclean.length > 0 ? 1 : 0)
