// JSON as it is: integers beyond what a double holds stay what they are.

export type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json };
export type Members = { [key: string]: Json };

type Source = { source?: string };
type Raw = typeof JSON & { rawJSON?: (text: string) => unknown };

/** Parses; numbers that a double would change become bigints. Looks twice only where there are such. */
export function parse(text: string): Json {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const exact = (_: string, value: unknown, context?: Source) =>
    typeof value === "number" && !Number.isSafeInteger(value) && context?.source && /^-?\d+$/.test(context.source)
      ? BigInt(context.source)
      : value;
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
}

export function write(value: unknown, indent?: number): string {
  const raw = (JSON as Raw).rawJSON;
  const exact = (_: string, value: unknown) =>
    typeof value === "bigint" ? (raw ? raw(value.toString()) : Number(value)) : value;
  return JSON.stringify(value, exact, indent) ?? "null";
}

export const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A member of whatever it is, if it is an object that has it. */
export const member = (value: unknown, key: string): Json | undefined =>
  isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

export const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export const list = (value: unknown): Json[] => (Array.isArray(value) ? value : []);

/** For what knows no bigints. */
export function plain(value: Json): Json {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)])) : value;
}
