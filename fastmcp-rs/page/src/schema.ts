// What a schema asks for, as far as a form can ask for it. Whatever is beyond that is left to JSON.
import { Validator } from "@cfworker/json-schema";
import { isObject, list, member, plain, text, type Json, type Members } from "./json";

export type Schema = Members;

export interface Choice {
  value: Json;
  label: string;
}

/** How a value is asked for. */
export type Kind =
  | { as: "text"; input: "text" | "date" | "datetime-local" | "time" | "email" | "url" | "password"; long: boolean }
  | { as: "number"; whole: boolean }
  | { as: "switch" }
  | { as: "choice"; choices: Choice[] }
  | { as: "choices"; choices: Choice[] }
  | { as: "group"; schema: Schema }
  | { as: "list"; items: Schema }
  | { as: "map"; values: Schema }
  | { as: "json" };

/** The schema that a local reference leads to, and one of `null` and another without the null. */
export function resolve(schema: Json | undefined, root: Schema, depth = 0): Schema {
  if (!isObject(schema) || depth > 16) return {};
  const { $ref: ref, ...own } = schema;
  if (typeof ref === "string") {
    return { ...resolve(pointed(ref, root), root, depth + 1), ...own };
  }
  const all = list(schema["allOf"]);
  if (all.length === 1 && !schema["properties"]) {
    const { allOf: _, ...rest } = schema;
    return { ...resolve(all[0], root, depth + 1), ...rest };
  }
  for (const word of ["anyOf", "oneOf"]) {
    const ways = list(schema[word]);
    const some = ways.filter((way) => member(way, "type") !== "null" && member(way, "const") !== null);
    if (some.length === 1 && ways.length > 1) {
      const { [word]: _, ...rest } = schema;
      return { ...resolve(some[0], root, depth + 1), ...rest };
    }
  }
  return schema;
}

function pointed(ref: string, root: Schema): Json | undefined {
  if (!ref.startsWith("#")) return undefined;
  let at: Json | undefined = root;
  for (const step of ref.slice(1).split("/").slice(1)) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    at = Array.isArray(at) ? at[Number(key)] : member(at, key);
  }
  return at;
}

const name = (value: Json) => (typeof value === "string" ? value : String(value));

/** The values that a schema lists, with their titles. */
function choices(schema: Schema): Choice[] | undefined {
  const values = schema["enum"];
  if (Array.isArray(values)) {
    const titles = list(schema["enumNames"]);
    return values
      .map((value, at) => ({ value, label: text(titles[at]) ?? name(value) }))
      .filter((choice) => choice.value !== null && typeof choice.value !== "object");
  }
  if ("const" in schema && typeof schema["const"] !== "object") return [{ value: schema["const"] ?? null, label: name(schema["const"] ?? null) }];
  for (const word of ["oneOf", "anyOf"]) {
    const ways = list(schema[word]);
    if (!ways.length) continue;
    const found: Choice[] = [];
    for (const way of ways) {
      if (member(way, "type") === "null") continue;
      const value = member(way, "const");
      const several = member(way, "enum");
      if (value !== undefined && typeof value !== "object") {
        found.push({ value, label: text(member(way, "title")) ?? name(value) });
      } else if (Array.isArray(several)) {
        found.push(...several.map((value) => ({ value, label: name(value) })));
      } else {
        return undefined;
      }
    }
    return found;
  }
  return undefined;
}

const INPUTS: Record<string, "date" | "datetime-local" | "time" | "email" | "url" | "password"> = {
  date: "date",
  "date-time": "datetime-local",
  email: "email",
  uri: "url",
  password: "password",
};

export function kind(schema: Schema, root: Schema): Kind {
  const offered = choices(schema);
  if (offered) return offered.length && offered.length <= 1000 ? { as: "choice", choices: offered } : { as: "json" };
  const types = list(typeof schema["type"] === "string" ? [schema["type"]] : schema["type"]).filter((type) => type !== "null");
  if (types.length !== 1 || schema["anyOf"] || schema["oneOf"] || schema["allOf"] || schema["if"]) return { as: "json" };
  switch (types[0]) {
    case "string": {
      const hidden = schema["writeOnly"] === true;
      const input = hidden ? "password" : (INPUTS[text(schema["format"]) ?? ""] ?? "text");
      const most = schema["maxLength"];
      return { as: "text", input, long: input === "text" && !(typeof most === "number" && most <= 200) && !schema["pattern"] };
    }
    case "integer":
      return { as: "number", whole: true };
    case "number":
      return { as: "number", whole: false };
    case "boolean":
      return { as: "switch" };
    case "array": {
      if (schema["prefixItems"] || !isObject(schema["items"])) return { as: "json" };
      const items = resolve(schema["items"], root);
      const of = choices(items);
      return of?.length && of.length <= 24 ? { as: "choices", choices: of } : { as: "list", items };
    }
    case "object": {
      const properties = schema["properties"];
      if (isObject(properties) && Object.keys(properties).length) return { as: "group", schema };
      const values = schema["additionalProperties"];
      return isObject(values) && Object.keys(values).length ? { as: "map", values: resolve(values, root) } : { as: "json" };
    }
    default:
      return { as: "json" };
  }
}

/** The properties of an object in the order in which they are asked for: those that are needed first. */
export function properties(schema: Schema): { name: string; schema: Json; required: boolean }[] {
  const needed = new Set(list(schema["required"]));
  const known = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  const all = known.map(([name, schema]) => ({ name, schema, required: needed.has(name) }));
  return [...all.filter((one) => one.required), ...all.filter((one) => !one.required)];
}

/** What stands in a form at first: the defaults. */
export function initial(schema: Json | undefined, root: Schema, depth = 0): Json | undefined {
  const resolved = resolve(schema, root);
  if ("default" in resolved) return resolved["default"] ?? undefined;
  if ("const" in resolved) return resolved["const"];
  if (depth > 6 || !isObject(resolved["properties"])) return undefined;
  const value: Members = {};
  for (const one of properties(resolved)) {
    const first = one.required || depth === 0 ? initial(one.schema, root, depth + 1) : undefined;
    if (first !== undefined) value[one.name] = first;
  }
  return Object.keys(value).length || depth === 0 ? value : undefined;
}

/** What a value has to keep, in a few words. */
export function rules(schema: Schema, root: Schema): string {
  const said: string[] = [];
  const bounds = (low: string, high: string, unit: string) => {
    const [least, most] = [schema[low], schema[high]];
    if (least !== undefined && most !== undefined) said.push(`${least} to ${most}${unit}`);
    else if (least !== undefined) said.push(`at least ${least}${unit}`);
    else if (most !== undefined) said.push(`at most ${most}${unit}`);
  };
  const shown = kind(schema, root);
  if (shown.as === "number") said.push(shown.whole ? "whole number" : "number");
  if (shown.as === "text" && schema["format"]) said.push(String(schema["format"]).slice(0, 40));
  if (shown.as === "json") said.push("JSON");
  bounds("minimum", "maximum", "");
  if (schema["exclusiveMinimum"] !== undefined) said.push(`more than ${schema["exclusiveMinimum"]}`);
  if (schema["exclusiveMaximum"] !== undefined) said.push(`less than ${schema["exclusiveMaximum"]}`);
  if (schema["multipleOf"] !== undefined) said.push(`a multiple of ${schema["multipleOf"]}`);
  bounds("minLength", "maxLength", " characters");
  bounds("minItems", "maxItems", " items");
  if (schema["uniqueItems"] === true) said.push("no two alike");
  if (typeof schema["pattern"] === "string") said.push(`matches ${schema["pattern"].slice(0, 80)}`);
  return said.join(", ");
}

/** Which places of a value break which rule: a JSON pointer for each. */
export function faults(schema: Schema, value: Json): Map<string, string> {
  const found = new Map<string, string>();
  // Long texts against patterns of strangers could keep the page busy for ever.
  if (JSON.stringify(plain(value)).length > 20_000) return found;
  try {
    const { errors } = new Validator(plain(schema) as never, "2020-12", false).validate(plain(value));
    // The innermost comes last, and says it best.
    for (const error of errors) {
      const at = error.instanceLocation.replace(/^#/, "");
      if (["properties", "items", "additionalProperties", "$ref", "anyOf", "oneOf", "allOf"].includes(error.keyword)) {
        if (error.keyword === "additionalProperties" && !found.has(at)) found.set(at, error.error);
        continue;
      }
      if (error.keyword === "required") {
        const missing = /required property "([^"]*)"/.exec(error.error)?.[1];
        if (missing !== undefined) found.set(`${at}/${escapePointer(missing)}`, "needed");
        continue;
      }
      found.set(at, error.error);
    }
  } catch {
    // A schema that the checker does not know is checked by the server alone.
  }
  return found;
}

export const escapePointer = (step: string) => encodeURI(step.replaceAll("~", "~0").replaceAll("/", "~1"));
