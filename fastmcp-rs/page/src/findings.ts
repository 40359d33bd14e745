// What a model may stumble over, and its author would want to know.
import { count, short } from "./harmless";
import { isObject, member, text, write } from "./json";
import type { Component } from "./state";

/** Names beyond this are refused or cut by some clients, and more tools than this make models choose badly. */
const LONG = 64;
const MANY = 40;
const WORDY = 2000;

export interface Finding {
  name: string;
  what: string;
}

export function findings(component: Component): string[] {
  const found: string[] = [];
  const description = text(component.entry["description"])?.trim();
  if (!description) found.push("has no description: a model can only guess from the name");
  else if (description.length > WORDY) found.push(`has a description of ${count(description.length, "character")}, which every conversation pays for`);
  if (component.sort !== "tool" && component.sort !== "prompt") return found;
  if (component.id.length > LONG) found.push(`has a name of ${component.id.length} characters: some clients take at most ${LONG}`);
  if (!/^[A-Za-z0-9_.-]+$/.test(component.id)) found.push("has a name with characters that some clients refuse");
  const properties = member(component.entry["inputSchema"], "properties");
  if (isObject(properties)) {
    const bare = Object.entries(properties).filter(([, one]) => !text(member(one, "description")));
    if (bare.length) {
      const names = bare.slice(0, 5).map(([name]) => short(name, 40)).join(", ");
      found.push(`says nothing about ${names}${bare.length > 5 ? ` and ${bare.length - 5} more` : ""}`);
    }
  }
  return found;
}

export function all(components: Component[]): Finding[] {
  const tools = components.filter((one) => one.sort === "tool");
  const found: Finding[] = [];
  if (tools.length > MANY) {
    const size = tools.reduce((sum, one) => sum + write(one.entry).length, 0);
    found.push({ name: `${count(tools.length, "tool")}`, what: `are many to choose from, and about ${count(tokens(size), "token")} in every conversation` });
  }
  for (const one of components) {
    for (const what of findings(one)) found.push({ name: short(one.name, 80), what });
    if (found.length > 200) break;
  }
  return found;
}

/** About four characters of JSON are a token. */
export const tokens = (characters: number) => Math.max(1, Math.round(characters / 4));
