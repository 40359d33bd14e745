// The TypeScript client that most applications have, version 1 of the SDK. Started by run.sh, which says in the environment where
// the servers are. It holds structured content against the output schemas that it has listed, in failed results, too.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

const { TODO, TODO_URL, TODO_DB, FAILING, FAILING_URL, FAILURES } = process.env
const failures = JSON.parse(readFileSync(FAILURES))
const transports = {
  stdio: (command, _url, env) => new StdioClientTransport({ command, env, stderr: 'ignore' }),
  http: (_command, url) => new StreamableHTTPClientTransport(new URL(url)),
}

let failed = false
async function check(name, transport, body) {
  const client = new Client({ name: 'interop', version: '0' })
  try {
    await client.connect(transport)
    await client.listTools()
    await body(client)
    console.log(`PASS typescript v1 ${name}`)
  } catch (error) {
    console.log(`FAIL typescript v1 ${name}: ${error.stack}`)
    failed = true
  } finally {
    await client.close()
  }
}

for (const [kind, transport] of Object.entries(transports)) {
  await check(`${kind} todo`, transport(TODO, TODO_URL, { TODO_DB }), async client => {
    const made = await client.callTool({ name: 'create_todo', arguments: { title: 'Learn MCP' } })
    assert.equal(made.structuredContent.title, 'Learn MCP')
    const wrong = await client.callTool({ name: 'create_todo', arguments: { title: 'x' } })
    assert.equal(wrong.isError, true)
    assert.match(wrong.content[0].text, /title/)
  })

  for (const { how, text, code, retryable } of failures) {
    await check(`${kind} failure "${how}"`, transport(FAILING, FAILING_URL), async client => {
      const result = await client.callTool({ name: 'measure', arguments: { how } })
      assert.equal(result.isError, true)
      assert.match(result.content[0].text, new RegExp(text))
      assert.equal(result.structuredContent, undefined)
      const told = result._meta['fastmcp-rs/error']
      assert.deepEqual([told.code, told.retryable], [code, retryable])
    })
  }

  await check(`${kind} cancelled`, transport(FAILING, FAILING_URL), async client => {
    const cancel = new AbortController()
    const onprogress = () => cancel.abort('no longer wanted')
    const call = client.callTool({ name: 'measure_for_ever', arguments: {} }, undefined, { signal: cancel.signal, onprogress })
    await assert.rejects(call, /no longer wanted/)
    const fine = await client.callTool({ name: 'measure', arguments: { how: 'fine' } })
    assert.deepEqual(fine.structuredContent, { value: 20.5 })
  })
}
process.exit(failed ? 1 : 0)
