// Tokens of a published authorization server, and a published client that gets them: signed in three ways and opaque ones, expiry
// in the middle of a call, new keys, an issuer that is down or slow; and from 401 over the login and 403 to the step-up and success.
// Started by run.sh, which says in the environment where the server's program is.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

let failed = false
async function check(name, body) {
  try {
    await body()
    console.log(`PASS auth ${name}`)
  } catch (error) {
    console.log(`FAIL auth ${name}: ${error.stack}`)
    failed = true
  }
}

const children = new Set()
process.on('exit', () => children.forEach(child => child.kill()))

// Starts a program and waits for a line that `ready` finds something in.
async function started(command, args, env, output, ready) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  child[output === 'stdout' ? 'stderr' : 'stdout'].resume()
  const lines = createInterface({ input: child[output] })
  for await (const line of lines) {
    if (ready.test(line)) {
      child[output].resume()
      return child
    }
  }
  throw new Error(`${command} ended before it was ready`)
}

async function stopped(child) {
  children.delete(child)
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

const [issuerPort, serverPort] = [await freePort(), await freePort()]
const issuer = `http://127.0.0.1:${issuerPort}`
const resources = `http://127.0.0.1:${serverPort}/`
const url = `${resources}mcp`
const issue = () => started(process.execPath, [process.env.ISSUER_PROGRAM, issuerPort, resources], {}, 'stdout', /^http/)
const serve = () =>
  started(process.env.ISSUED, ['--http', `127.0.0.1:${serverPort}`], { ISSUER: issuer, RESOURCES: resources }, 'stderr', /serving/)

async function token(word, more = {}) {
  const form = { grant_type: 'client_credentials', client_id: 'agent', client_secret: 'agent-secret', scope: 'notes:read' }
  const body = new URLSearchParams({ ...form, resource: resources + word, ...more })
  const response = await fetch(`${issuer}/token`, { method: 'POST', body })
  const { access_token } = await response.json()
  assert.ok(access_token, `no token for ${word}`)
  return access_token
}

// The status of a call with a token, and the text of its result or the reason of its refusal.
async function call(bearer, name, args = {}) {
  const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} }
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': name,
      ...(bearer && { authorization: `Bearer ${bearer}` }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args, _meta: meta } }),
  })
  const text = await response.text()
  const data = text.match(/^data: (\{.*)$/m)?.[1] ?? text
  const answer = data ? JSON.parse(data) : {}
  const said = answer.result?.content?.[0]?.text ?? answer.error_description ?? answer.error?.message
  return [response.status, said, response.headers]
}

const judged = async (bearer, name = 'whoami', args = {}) => (await call(bearer, name, args)).slice(0, 2)

// Seldom enough that a place which sends bad tokens is not told to wait.
async function until(what, body, seconds) {
  for (const end = Date.now() + seconds * 1000; ; await pause(3000)) {
    if (await body()) return
    assert.ok(Date.now() < end, `not within ${seconds} s: ${what}`)
  }
}

let running = await issue()
const server = await serve()

await check('tokens of every kind', async () => {
  for (const word of ['mcp', 'es', 'ed', 'opaque']) {
    assert.deepEqual(await judged(await token(word)), [200, word === 'opaque' ? 'agent ' : 'agent reader'], word)
  }
  assert.equal((await call(null, 'whoami'))[0], 401)
  assert.equal((await call('no-such-token-at-all', 'whoami'))[0], 401)
  const [status, , headers] = await call(await token('mcp'), 'write')
  assert.equal(status, 403)
  assert.match(headers.get('www-authenticate'), /error="insufficient_scope", scope="notes:read notes:write"/)
  const broad = await token('es', { scope: 'notes:read notes:write' })
  assert.deepEqual(await judged(broad, 'write'), [200, 'written by agent'])
})

await check('a token that expires during a call', async () => {
  for (const word of ['ed', 'opaque']) {
    const short = await token(word, { ttl: 2 })
    assert.deepEqual(await judged(short, 'late', { seconds: 3 }), [200, 'done'], word)
    assert.equal((await call(short, 'whoami'))[0], 401, word)
  }
})

// A person at a browser, without one: follows redirects, keeps cookies, and says yes.
async function signIn(authorize) {
  const cookies = new Map()
  const visit = async (target, form) => {
    for (let hops = 0; hops < 20; hops++) {
      if (target.startsWith('http://127.0.0.1:9/')) return { target, page: '' }
      const response = await fetch(target, {
        method: form ? 'POST' : 'GET',
        body: form && new URLSearchParams(form),
        redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      })
      for (const cookie of response.headers.getSetCookie()) {
        const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/)
        value ? cookies.set(name, value) : cookies.delete(name)
      }
      const location = response.headers.get('location')
      if (!location) return { target, page: await response.text() }
      ;[target, form] = [new URL(location, target).href, undefined]
    }
    throw new Error('redirects without end')
  }
  let { target, page } = await visit(authorize)
  for (let steps = 0; steps < 4 && page; steps++) {
    const prompt = page.match(/name="prompt" value="(\w+)"/)?.[1]
    assert.ok(prompt, `no form at ${target}: ${page.slice(0, 300)}`)
    const action = new URL(page.match(/action="([^"]+)"/)?.[1] ?? target, target).href
    ;({ target, page } = await visit(action, prompt === 'login' ? { prompt, login: 'alice', password: 'x' } : { prompt }))
  }
  const callback = new URL(target)
  assert.ok(callback.searchParams.get('code'), `no code: ${target}`)
  return callback.searchParams
}

await check('a published client from 401 to the step-up', async () => {
  const asked = []
  let verifier, tokens, callback
  const provider = {
    redirectUrl: 'http://127.0.0.1:9/cb',
    clientMetadata: { redirect_uris: ['http://127.0.0.1:9/cb'], client_name: 'interop', token_endpoint_auth_method: 'none' },
    clientInformation: () => ({ client_id: 'person', issuer }),
    tokens: () => tokens,
    saveTokens: saved => {
      tokens = saved
    },
    saveCodeVerifier: saved => {
      verifier = saved
    },
    codeVerifier: () => verifier,
    redirectToAuthorization: async target => {
      asked.push(target.searchParams.get('scope'))
      assert.equal(target.searchParams.get('resource'), url)
      target.searchParams.set('prompt', 'consent')
      callback = await signIn(target.href)
    },
  }
  const connect = async () => {
    const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider })
    const client = new Client({ name: 'interop', version: '0' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
    await client.connect(transport)
    return [client, transport]
  }
  // The first attempt ends in a login; what comes back from it makes the second good.
  const first = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider })
  const nobody = new Client({ name: 'interop', version: '0' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
  await assert.rejects(nobody.connect(first), /[Uu]nauthorized/)
  assert.deepEqual(asked, ['notes:read'])
  await first.finishAuth(callback)
  let [client, transport] = await connect()
  const who = await client.callTool({ name: 'whoami', arguments: {} })
  assert.equal(who.content[0].text, 'alice reader')

  await assert.rejects(client.callTool({ name: 'write', arguments: {} }), /[Uu]nauthorized/)
  assert.equal(asked.length, 2)
  assert.deepEqual(asked[1].split(' ').sort(), ['notes:read', 'notes:write'])
  await transport.finishAuth(callback)
  const written = await client.callTool({ name: 'write', arguments: {} })
  assert.equal(written.content[0].text, 'written by alice')
  assert.equal(asked.length, 2)
  await client.close()
})

await check('an issuer that is down', async () => {
  const [before, new_, opaque] = [await token('es'), await token('ed'), await token('opaque')]
  assert.equal((await call(before, 'whoami'))[0], 200)
  await stopped(running)
  // Its keys serve on, for tokens that were seen before and for others; nobody can say what an opaque one is.
  assert.deepEqual(await judged(before), [200, 'agent reader'])
  assert.deepEqual(await judged(new_), [200, 'agent reader'])
  const [status, , headers] = await call(opaque, 'whoami')
  assert.equal(status, 503)
  assert.equal(headers.get('retry-after'), '5')
})

await check('an issuer that comes back with new keys', async () => {
  running = await issue()
  const fresh = await token('mcp')
  // A key that is not known is asked for twice a minute at most, and the last time may be a moment ago.
  await until('the new key is found', async () => (await call(fresh, 'whoami'))[0] === 200, 45)
  assert.deepEqual(await judged(await token('ed')), [200, 'agent reader'])
})

await check('an issuer that is slow', async () => {
  await stopped(running)
  // It takes connections, and says nothing.
  const silent = net.createServer(() => {}).listen(issuerPort, '127.0.0.1')
  await once(silent, 'listening')
  const begun = Date.now()
  assert.equal((await call('opaque-and-never-seen', 'whoami'))[0], 503)
  assert.ok(Date.now() - begun < 9000)
  silent.close()
})

await stopped(server)
process.exit(failed ? 1 : 0)
