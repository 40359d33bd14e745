// A client of the revision 2026-07-28 over HTTP: one POST for each request, answered with JSON or with a stream of events.
import { isObject, list, member, parse, text, write, type Json, type Members } from "./json";

const VERSION = "2026-07-28";
const KEY = "io.modelcontextprotocol/";
/** Rounds of questions before a call is taken for one that never ends. */
const ROUNDS = 100;

export const endpoint = new URL(
  document.querySelector<HTMLMetaElement>('meta[name="mcp"]')?.content ?? "mcp",
  location.href,
);

/** A request that brought no result. */
export class Failure extends Error {
  constructor(
    message: string,
    /** The status of HTTP; 0 where nothing answered. */
    readonly status: number,
    readonly code?: number,
    readonly data?: Json,
    readonly retryAfter?: string,
  ) {
    super(message);
  }

  get isGone(): boolean {
    return this.status === 0;
  }
}

export interface Ways {
  signal?: AbortSignal;
  token?: string | undefined;
  /** Asks for log messages. */
  logs?: boolean;
  /** Asks for progress. */
  progress?: boolean;
  /** What comes before the result. */
  onMessage?: (method: string, params: Members) => void;
  /** Headers that mirror arguments. */
  headers?: Record<string, string>;
}

let lastId = 0;

/** Sends one request and gives its result. */
export async function request(method: string, params: Members, ways: Ways = {}): Promise<Members> {
  const id = ++lastId;
  const meta: Members = {
    [`${KEY}protocolVersion`]: VERSION,
    [`${KEY}clientInfo`]: { name: "fastmcp-rs page", version: "1" },
    [`${KEY}clientCapabilities`]: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} },
  };
  if (ways.progress) meta["progressToken"] = id;
  if (ways.logs) meta[`${KEY}logLevel`] = "debug";
  const headers: Record<string, string> = {
    "Content-Type": "application/json",
    Accept: "application/json, text/event-stream",
    "MCP-Protocol-Version": VERSION,
    "Mcp-Method": method,
    ...ways.headers,
  };
  const name = text(params["name"]) ?? (method === "resources/read" ? text(params["uri"]) : undefined);
  if (name !== undefined) headers["Mcp-Name"] = headerValue(name);
  if (ways.token) headers["Authorization"] = `Bearer ${ways.token}`;
  const body = write({ jsonrpc: "2.0", id, method, params: { ...params, _meta: meta } });

  let response: Response;
  try {
    response = await fetch(endpoint, {
      method: "POST",
      headers,
      body,
      signal: ways.signal ?? null,
      cache: "no-store",
      credentials: "same-origin",
    });
  } catch (error) {
    throw unreached(error, ways.signal);
  }
  const kind = response.headers.get("content-type") ?? "";
  try {
    if (kind.startsWith("text/event-stream") && response.body) {
      for await (const message of events(response.body)) {
        if (member(message, "id") === id) return outcome(message, response);
        const told = text(member(message, "method"));
        const params = member(message, "params");
        if (told) ways.onMessage?.(told, isObject(params) ? params : {});
      }
      throw new Failure("The connection ended before the answer came.", 0);
    }
    const answer = await response.text();
    let message: Json = null;
    try {
      message = parse(answer);
    } catch {
      // A refusal of the transport is plain text.
    }
    if (isObject(message) && ("result" in message || isObject(message["error"]))) return outcome(message, response);
    const said = text(member(message, "error_description")) ?? answer.slice(0, 1000);
    throw new Failure(said || `HTTP status ${response.status}`, response.status, undefined, undefined, later(response));
  } catch (error) {
    throw error instanceof Failure ? error : unreached(error, ways.signal);
  }
}

function outcome(message: Json, response: Response): Members {
  const error = member(message, "error");
  if (isObject(error)) {
    const code = typeof error["code"] === "number" ? error["code"] : undefined;
    throw new Failure(text(error["message"]) ?? "An error without a message", response.status, code, error["data"], later(response));
  }
  const result = member(message, "result");
  return isObject(result) ? result : {};
}

const later = (response: Response) => response.headers.get("retry-after") ?? undefined;

function unreached(error: unknown, signal: AbortSignal | undefined): Error {
  if (signal?.aborted) return new DOMException("Cancelled", "AbortError");
  if (error instanceof DOMException && error.name === "AbortError") return error;
  return new Failure("The server does not answer.", 0);
}

/** What a stream of events carries, one message after the other. */
async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<Json> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  // What has come of the line at hand, in pieces: joining it with each piece would take the square of its length.
  let rest: string[] = [];
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = decoder.decode(value, { stream: true }).split("\n");
      if (lines.length === 1) {
        rest.push(lines[0] ?? "");
        continue;
      }
      lines[0] = rest.join("") + lines[0];
      rest = [lines.pop() ?? ""];
      for (const ended of lines) {
        const line = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
        if (line.startsWith("data:")) {
          data.push(line.slice(line[5] === " " ? 6 : 5));
        } else if (line === "" && data.length) {
          const message = data.join("\n");
          data = [];
          yield parse(message);
        }
      }
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

/** A result, after as many rounds of questions as the server has. */
export async function ask(
  method: string,
  params: Members,
  ways: Ways,
  answer: (question: Members, signal?: AbortSignal) => Promise<Json>,
): Promise<Members> {
  let more: Members = {};
  for (let round = 0; round < ROUNDS; round++) {
    const result = await request(method, { ...params, ...more }, ways);
    if (result["resultType"] !== "input_required") return result;
    const questions = isObject(result["inputRequests"]) ? result["inputRequests"] : {};
    const inputResponses: Members = {};
    for (const [key, question] of Object.entries(questions)) {
      inputResponses[key] = await answer(isObject(question) ? question : {}, ways.signal);
    }
    more = { inputResponses };
    if (typeof result["requestState"] === "string") more["requestState"] = result["requestState"];
    // "Come again later", and nothing to ask meanwhile.
    if (!Object.keys(questions).length) await new Promise((go) => setTimeout(go, 500));
  }
  throw new Failure("The server asks and asks, and gives no result.", 200);
}

/** Every entry of a list, page by page. */
export async function entries(method: string, member: string, ways: Ways): Promise<Members[]> {
  const all: Members[] = [];
  const seen = new Set<string>();
  let params: Members = {};
  for (;;) {
    const page = await request(method, params, ways);
    for (const one of list(page[member])) if (isObject(one)) all.push(one);
    const next = page["nextCursor"];
    if (typeof next !== "string" || seen.has(next)) return all;
    seen.add(next);
    params = { cursor: next };
  }
}

/** A text as a header carries it: as it is, or in base64 where that would be another text. */
export function headerValue(value: string): string {
  if (/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value) && !value.startsWith("=?base64?")) return value;
  const bytes = new TextEncoder().encode(value);
  return `=?base64?${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}?=`;
}

/** The headers that a tool wants its arguments in (`x-mcp-header`). */
export function mirrored(schema: Json | undefined, value: Json | undefined, depth = 0): Record<string, string> {
  const headers: Record<string, string> = {};
  const properties = member(schema, "properties");
  if (!isObject(properties) || depth > 8) return headers;
  for (const [key, property] of Object.entries(properties)) {
    const given = member(value, key);
    if (given === undefined || given === null) continue;
    const name = text(member(property, "x-mcp-header"));
    if (name && typeof given !== "object") headers[`Mcp-Param-${name}`] = headerValue(String(given));
    Object.assign(headers, mirrored(property, given, depth + 1));
  }
  return headers;
}
