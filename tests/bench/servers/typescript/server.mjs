// The fixture on the TypeScript SDK. `server.mjs` serves stdio, `server.mjs --http HOST:PORT` serves HTTP: both eras by the
// SDK's own entries, which serve the older one without sessions over HTTP.
import { createServer } from 'node:http'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node'
import * as z from 'zod'

const records = Array.from({ length: 50 }, (_, n) => ({
  id: 1000 + n,
  title: `Record number ${n}`,
  url: `https://example.com/records/${n}`,
  score: 1 - n / 100,
  tags: ['alpha', `group-${n % 7}`],
  snippet: `The ${n}th of fifty records; its text says "found" once, and goes on.`,
}))

const text = (text) => ({ content: [{ type: 'text', text }] })

const record = z.object({
  id: z.number(),
  title: z.string(),
  url: z.string(),
  score: z.number(),
  tags: z.array(z.string()),
  snippet: z.string(),
})

const schemas = {
  echo: z.object({ message: z.string().describe('What to say.') }),
  add: z.object({ a: z.number().int().describe('The first number.'), b: z.number().int().describe('The second number.') }),
  search: z.object({
    query: z.string().describe('What to look for.'),
    limit: z.number().int().min(0).describe('How many records to give.'),
  }),
  found: z.object({ query: z.string(), records: z.array(record) }),
  more: z.object({
    first: z.string().describe('The first argument.'),
    second: z.number().int().optional().describe('The second argument.'),
  }),
}

function make() {
  const server = new McpServer({ name: 'bench', version: '1.0.0' })
  server.registerTool('echo', { description: 'Says the message again.', inputSchema: schemas.echo }, async ({ message }) =>
    text(message),
  )
  server.registerTool('add', { description: 'Adds two numbers.', inputSchema: schemas.add }, async ({ a, b }) =>
    text(String(a + b)),
  )
  server.registerTool(
    'search',
    { description: 'Finds records.', inputSchema: schemas.search, outputSchema: schemas.found },
    async ({ query, limit }) => {
      const found = { query, records: records.slice(0, limit) }
      return { ...text(JSON.stringify(found)), structuredContent: found }
    },
  )
  for (let n = 3; n < Number(process.env.BENCH_TOOLS ?? 3); n++) {
    const description = 'One of many tools; it does what it is told, and takes two arguments.'
    server.registerTool(`tool_${String(n).padStart(3, '0')}`, { description, inputSchema: schemas.more }, async (input) =>
      text(JSON.stringify(input)),
    )
  }
  return server
}

if (process.argv[2] === '--http') {
  const [host, port] = process.argv[3].split(':')
  const hostAllowed = localhostHostValidation()
  const originAllowed = localhostOriginValidation()
  const handle = toNodeHandler(createMcpHandler(make))
  createServer((request, response) => {
    if (hostAllowed(request, response) && originAllowed(request, response)) handle(request, response)
  }).listen(Number(port), host)
} else {
  serveStdio(make)
}
