// Calls: what is filled in for a component, what is under way, what came of it, and what was called in this tab.
import { batch, signal, type Signal } from "@preact/signals";
import { count, short } from "./harmless";
import { isObject, member, text, type Json, type Members } from "./json";
import { answer } from "./ask";
import { ask, Failure, mirrored, request } from "./protocol";
import { initial } from "./schema";
import { announced, can, lost, ways, type Component } from "./state";
import { expand, variables } from "./uri";

export interface Log {
  level: string;
  logger: string | undefined;
  data: Json;
}

export interface Progress {
  done: number;
  total: number | undefined;
  message: string | undefined;
}

export interface Outcome {
  result?: Members;
  failure?: unknown;
  took: number;
}

/** One component as it stands in this tab. It stays when another is looked at, and so does a call under way. */
export interface Bench {
  values: Signal<Members>;
  running: Signal<AbortController | undefined>;
  progress: Signal<Progress | undefined>;
  logs: Signal<Log[]>;
  outcome: Signal<Outcome | undefined>;
}

export interface Past {
  component: Component;
  values: Members;
  at: Date;
  outcome: Outcome;
}

/** Log messages that are kept of one call, and calls that are remembered. */
const LOGS = 1000;
const PASTS = 100;

export const history = signal<Past[]>([]);

const benches = new Map<string, Bench>();

export function bench(component: Component): Bench {
  const key = `${component.sort} ${component.id}`;
  let known = benches.get(key);
  if (!known) {
    known = {
      values: signal(first(component)),
      running: signal(undefined),
      progress: signal(undefined),
      logs: signal([]),
      outcome: signal(undefined),
    };
    benches.set(key, known);
  }
  return known;
}

function first(component: Component): Members {
  const schema = schemaOf(component);
  const value = initial(schema, schema);
  return isObject(value) ? value : {};
}

/** What a component takes, as a schema: prompts and templates take texts. */
export function schemaOf(component: Component): Members {
  const { entry } = component;
  if (component.sort === "tool") return isObject(entry["inputSchema"]) ? entry["inputSchema"] : {};
  const properties: Members = {};
  const required: string[] = [];
  if (component.sort === "prompt" && Array.isArray(entry["arguments"])) {
    for (const one of entry["arguments"]) {
      const name = text(member(one, "name"));
      if (name === undefined) continue;
      const property: Members = { type: "string" };
      for (const key of ["description", "title"]) {
        const said = member(one, key);
        if (said !== undefined) property[key] = said;
      }
      properties[name] = property;
      if (member(one, "required") === true) required.push(name);
    }
  }
  if (component.sort === "template") {
    for (const one of variables(component.id)) {
      properties[one.name] = { type: "string" };
      if (one.required) required.push(one.name);
    }
  }
  return { type: "object", properties, required };
}

/** The request that a component and its arguments stand for. */
export function message(component: Component, values: Members): { method: string; params: Members; headers: Record<string, string> } {
  switch (component.sort) {
    case "tool":
      return {
        method: "tools/call",
        params: { name: component.id, arguments: values },
        headers: mirrored(component.entry["inputSchema"], values),
      };
    case "prompt":
      return { method: "prompts/get", params: { name: component.id, arguments: values }, headers: {} };
    default:
      return { method: "resources/read", params: { uri: uri(component, values) }, headers: {} };
  }
}

export const uri = (component: Component, values: Members) =>
  component.sort === "template" ? expand(component.id, values) : component.id;

export async function call(component: Component): Promise<void> {
  const at = bench(component);
  if (at.running.value) return;
  const values = at.values.value;
  const abort = new AbortController();
  batch(() => {
    at.running.value = abort;
    at.progress.value = undefined;
    at.logs.value = [];
    at.outcome.value = undefined;
    announced.value = "";
  });
  const begun = performance.now();
  const { method, params, headers } = message(component, values);
  const heard = (told: string, params: Members) => {
    if (told === "notifications/progress") {
      const done = params["progress"];
      const total = params["total"];
      at.progress.value = {
        done: typeof done === "number" ? done : 0,
        total: typeof total === "number" && total > 0 ? total : undefined,
        message: text(params["message"]),
      };
    } else if (told === "notifications/message") {
      const log = { level: text(params["level"]) ?? "info", logger: text(params["logger"]), data: params["data"] ?? null };
      at.logs.value = [...at.logs.value.slice(1 - LOGS), log];
    }
  };
  let outcome: Outcome;
  try {
    const more = ways({ signal: abort.signal, logs: can("logging"), progress: true, onMessage: heard, headers });
    const result = await ask(method, params, more, answer);
    outcome = { result, took: performance.now() - begun };
  } catch (failure) {
    outcome = { failure, took: performance.now() - begun };
    if (failure instanceof Failure) lost(failure);
  }
  batch(() => {
    at.running.value = undefined;
    at.outcome.value = outcome;
    history.value = [{ component, values, at: new Date(), outcome }, ...history.value].slice(0, PASTS);
    announced.value = `Result of ${short(component.name, 60)}: ${inWords(outcome)}`;
  });
}

/** An outcome in one sentence, for whoever hears it and for the history. */
export function inWords(outcome: Outcome): string {
  const { result, failure } = outcome;
  if (failure !== undefined) {
    if (failure instanceof Error && failure.name === "AbortError") return "cancelled";
    return `failed: ${short(failure instanceof Error ? failure.message : String(failure))}`;
  }
  const texts = [result?.["content"], result?.["contents"]].flat().map((one) => text(member(one, "text")));
  const said = texts.filter((one) => one !== undefined).join(" ");
  if (result?.["isError"] === true) return `error: ${short(said)}`;
  if (Array.isArray(result?.["messages"])) return count(result["messages"].length, "message");
  return said ? short(said) : "done";
}

/** What might be meant by what is typed so far. */
export async function complete(component: Component, name: string, value: string): Promise<string[]> {
  const others = Object.fromEntries(Object.entries(bench(component).values.value).filter(([key]) => key !== name));
  const ref = component.sort === "prompt" ? { type: "ref/prompt", name: component.id } : { type: "ref/resource", uri: component.id };
  const params: Members = { ref, argument: { name, value }, context: { arguments: others } };
  const result = await request("completion/complete", params, ways());
  const values = member(result["completion"], "values");
  return Array.isArray(values) ? values.filter((one) => typeof one === "string").slice(0, 100) : [];
}
