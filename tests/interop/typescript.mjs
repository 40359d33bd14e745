// The TypeScript client in both eras. Started by run.sh, which says in the environment where the servers are.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

const { TODO, WEATHER, TODO_URL, WEATHER_URL, TODO_DB, FAILING, FAILING_URL, FAILURES } = process.env
const failures = JSON.parse(readFileSync(FAILURES))
const eras = { '2025-11-25': 'legacy', '2026-07-28': { pin: '2026-07-28' } }
const transports = {
  stdio: (command, _url, env) => new StdioClientTransport({ command, env, stderr: 'ignore' }),
  http: (_command, url) => new StreamableHTTPClientTransport(new URL(url)),
}

let failed = false
async function check(name, body) {
  try {
    await body()
    console.log(`PASS typescript ${name}`)
  } catch (error) {
    console.log(`FAIL typescript ${name}: ${error.stack}`)
    failed = true
  }
}

async function connected(transport, mode, body) {
  const client = new Client({ name: 'interop', version: '0' }, { versionNegotiation: { mode } })
  await client.connect(transport)
  try {
    await body(client)
  } finally {
    await client.close()
  }
}

for (const [revision, mode] of Object.entries(eras)) {
  for (const [kind, transport] of Object.entries(transports)) {
    await check(`${revision} ${kind} todo`, () =>
      connected(transport(TODO, TODO_URL, { TODO_DB: `${TODO_DB}.${revision}` }), mode, async client => {
        assert.equal(client.getNegotiatedProtocolVersion(), revision)
        const { tools } = await client.listTools()
        assert.deepEqual(tools.map(tool => tool.name), ['create_todo', 'health_check', 'list_todos', 'set_todo_status'])

        const made = await client.callTool({ name: 'create_todo', arguments: { title: 'Learn MCP' } })
        assert.equal(made.structuredContent.title, 'Learn MCP')
        assert.deepEqual(JSON.parse(made.content[0].text), made.structuredContent)
        const todo_id = made.structuredContent.id
        const done = await client.callTool({ name: 'set_todo_status', arguments: { todo_id, done: true } })
        assert.deepEqual(done.structuredContent, { id: todo_id, title: 'Learn MCP', done: true })
        const { structuredContent: list } = await client.callTool({ name: 'list_todos' })
        assert.deepEqual(list.todos.at(-1), done.structuredContent)

        const wrong = await client.callTool({ name: 'create_todo', arguments: { title: 'x' } })
        assert.equal(wrong.isError, true)
        assert.match(wrong.content[0].text, /title/)
        await assert.rejects(client.callTool({ name: 'create_todos', arguments: {} }), error => error.code === -32602)
      }))

    await check(`${revision} ${kind} weather`, () =>
      connected(transport(WEATHER, WEATHER_URL), mode, async client => {
        const { tools } = await client.listTools()
        assert.deepEqual(tools.map(tool => tool.name), ['get_forecast', 'get_temperature'])
        const warm = await client.callTool({ name: 'get_temperature', arguments: { city: 'Oslo', unit: 'fahrenheit' } })
        assert.deepEqual(warm.structuredContent, { city: 'Oslo', degrees: 39.7, unit: 'fahrenheit' })
        const forecast = await client.callTool({ name: 'get_forecast', arguments: { city: 'Oslo', days: 5 } })
        assert.equal(forecast.structuredContent.days.length, 5)

        const { resourceTemplates } = await client.listResourceTemplates()
        assert.deepEqual(resourceTemplates.map(template => template.uriTemplate), ['weather://{city}/current'])
        const { contents } = await client.readResource({ uri: 'weather://San%20Francisco/current' })
        assert.match(contents[0].text, /^# San Francisco/)
        await assert.rejects(client.readResource({ uri: 'weather://Atlantis/current' }))

        const { prompts } = await client.listPrompts()
        assert.deepEqual(prompts.map(prompt => prompt.name), ['packing'])
        const { messages } = await client.getPrompt({ name: 'packing', arguments: { city: 'Oslo', days: '5' } })
        assert.match(messages[0].content.text, /Oslo for 5 days/)
      }))

    await check(`${revision} ${kind} failures`, () =>
      connected(transport(FAILING, FAILING_URL), mode, async client => {
        await client.listTools()
        for (const { how, text, code, retryable } of failures) {
          const result = await client.callTool({ name: 'measure', arguments: { how } })
          assert.equal(result.isError, true, how)
          assert.match(result.content[0].text, new RegExp(text))
          assert.equal(result.structuredContent, undefined, how)
          const told = result._meta['fastmcp-rs/error']
          assert.deepEqual([told.code, told.retryable], [code, retryable], how)
        }
        const cancel = new AbortController()
        const options = { signal: cancel.signal, onprogress: () => cancel.abort('no longer wanted') }
        await assert.rejects(client.callTool({ name: 'measure_for_ever', arguments: {} }, options), /no longer wanted/)
        const fine = await client.callTool({ name: 'measure', arguments: { how: 'fine' } })
        assert.deepEqual(fine.structuredContent, { value: 20.5 })
      }))
  }
}
process.exit(failed ? 1 : 0)
