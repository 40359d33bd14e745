// A call in the words of other programs.
import { message } from "./calls";
import { isObject, write, type Members } from "./json";
import { endpoint, headerValue, mirrored } from "./protocol";
import { server, token, type Component } from "./state";

export interface Form {
  label: string;
  text: string;
}

export function forms(component: Component, values: Members): Form[] {
  return [
    { label: "curl", text: curl(component, values) },
    { label: "Command line", text: commandLine(component, values) },
    { label: "Rust test", text: rustTest(component, values) },
    { label: "Client configuration", text: configuration() },
  ];
}

/** A word of a POSIX shell. */
const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

function curl(component: Component, values: Members): string {
  const { method, params } = message(component, values);
  const key = "io.modelcontextprotocol/";
  const meta = { [`${key}protocolVersion`]: "2026-07-28", [`${key}clientCapabilities`]: {} };
  const body = write({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: meta } });
  const name = method === "resources/read" ? params["uri"] : params["name"];
  const headers = {
    "Content-Type": "application/json",
    Accept: "application/json, text/event-stream",
    "MCP-Protocol-Version": "2026-07-28",
    "Mcp-Method": method,
    "Mcp-Name": headerValue(String(name)),
    ...mirrored(component.entry["inputSchema"], values),
    // The token itself stays here.
    ...(token.value ? { Authorization: "Bearer $TOKEN" } : {}),
  };
  const lines = Object.entries(headers).map(([name, value]) =>
    name === "Authorization" ? `-H "${name}: ${value}"` : `-H ${quoted(`${name}: ${value}`)}`,
  );
  return [`curl -sS ${quoted(endpoint.href)}`, ...lines, `-d ${quoted(body)}`].join(" \\\n  ");
}

function commandLine(component: Component, values: Members): string {
  const program = quoted(server.value?.name ?? "server");
  if (component.sort === "resource" || component.sort === "template") {
    return `${program} read ${quoted(String(message(component, values).params["uri"]))}`;
  }
  const command = component.sort === "tool" ? "call" : "prompt";
  const plain = Object.entries(values).every(([key, value]) => /^\w+$/.test(key) && typeof value !== "object");
  const words = plain
    ? Object.entries(values).map(([key, value]) => quoted(`${key}=${typeof value === "string" ? value : write(value)}`))
    : ["--args", quoted(write(values))];
  return [program, command, quoted(component.id), ...words].join(" ");
}

/** A string of Rust. */
const rust = (text: string) => {
  if (!/["\\\n\r\t]/.test(text) && !/[\p{Cc}\p{Cf}]/u.test(text)) return `"${text}"`;
  return `"${[...text]
    .map((one) => {
      if (one === '"' || one === "\\") return `\\${one}`;
      if (one === "\n") return "\\n";
      return /[\p{Cc}\p{Cf}]/u.test(one) ? `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}` : one;
    })
    .join("")}"`;
};

/** A value within `json!`. */
function rustJson(value: unknown, indent = 1): string {
  const pad = "    ".repeat(indent + 1);
  if (typeof value === "string") return rust(value);
  if (Array.isArray(value)) return `[${value.map((one) => rustJson(one, indent)).join(", ")}]`;
  if (isObject(value)) {
    const members = Object.entries(value).map(([key, one]) => `${rust(key)}: ${rustJson(one, indent + 1)}`);
    const line = `{ ${members.join(", ")} }`;
    if (!members.length) return "{}";
    return line.length < 70 ? line : `{\n${members.map((one) => `${pad}${one},\n`).join("")}${"    ".repeat(indent)}}`;
  }
  return write(value);
}

function rustTest(component: Component, values: Members): string {
  const name = component.name.toLowerCase().replace(/[^a-z0-9_]+/g, "_").replace(/^(?=\d)|^$/, "test_");
  const uri = () => rust(String(message(component, values).params["uri"]));
  const steps = {
    tool: [
      `let result = server.call_tool(${rust(component.id)}, json!(${rustJson(values)})).await?;`,
      `assert!(!result.is_error(), "{}", result.to_text());`,
    ],
    prompt: [`let prompt = server.get_prompt(${rust(component.id)}, json!(${rustJson(values)})).await?;`, `assert!(!prompt.messages.is_empty());`],
    resource: [`let read = server.read_resource(${uri()}).await?;`, `assert!(!read.contents.is_empty());`],
    template: [`let read = server.read_resource(${uri()}).await?;`, `assert!(!read.contents.is_empty());`],
  }[component.sort];
  return [
    ...(component.sort === "tool" || component.sort === "prompt" ? ["use serde_json::json;", ""] : []),
    "#[tokio::test]",
    `async fn ${name}_works() -> Result<(), Box<dyn std::error::Error>> {`,
    `    let server = server().start().await?; // the function that makes your \`Server\``,
    ...steps.map((step) => `    ${step}`),
    "    Ok(())",
    "}",
  ].join("\n");
}

function configuration(): string {
  const entry: Members = { type: "http", url: endpoint.href };
  if (token.value) entry["headers"] = { Authorization: "Bearer ${TOKEN}" };
  return write({ mcpServers: { [server.value?.name ?? "server"]: entry } }, 2);
}
