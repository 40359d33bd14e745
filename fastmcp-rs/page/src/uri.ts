// URI templates (RFC 6570): their variables, and a URI of them.
import type { Json, Members } from "./json";

interface Expression {
  operator: string;
  names: { name: string; explode: boolean; prefix: number | undefined }[];
}

function parts(template: string): (string | Expression)[] {
  return template.split(/(\{[^{}]*\})/).map((part) => {
    if (!part.startsWith("{")) return part;
    const operator = /^\{([+#./;?&])/.exec(part)?.[1] ?? "";
    const names = part.slice(1 + operator.length, -1).split(",");
    return {
      operator,
      names: names.map((name) => ({
        name: name.replace(/\*$|:\d+$/, ""),
        explode: name.endsWith("*"),
        prefix: /:(\d+)$/.exec(name) ? Number(/:(\d+)$/.exec(name)?.[1]) : undefined,
      })),
    };
  });
}

/** Each variable once; those of a query may be left out. */
export function variables(template: string): { name: string; required: boolean }[] {
  const all = new Map<string, boolean>();
  for (const part of parts(template)) {
    if (typeof part === "string") continue;
    for (const { name } of part.names) all.set(name, all.get(name) === true || !["?", "&"].includes(part.operator));
  }
  return [...all].map(([name, required]) => ({ name, required }));
}

const encode = (text: string) => encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** Reserved characters and what is encoded already stay. */
const reserved = (text: string) => encodeURI(text).replace(/%25([\da-fA-F]{2})/g, "%$1").replace(/%5B/g, "[").replace(/%5D/g, "]");

const FORMS: Record<string, { first: string; between: string; named: boolean; open: boolean }> = {
  "": { first: "", between: ",", named: false, open: false },
  "+": { first: "", between: ",", named: false, open: true },
  "#": { first: "#", between: ",", named: false, open: true },
  ".": { first: ".", between: ".", named: false, open: false },
  "/": { first: "/", between: "/", named: false, open: false },
  ";": { first: ";", between: ";", named: true, open: false },
  "?": { first: "?", between: "&", named: true, open: false },
  "&": { first: "&", between: "&", named: true, open: false },
};

export function expand(template: string, values: Members): string {
  return parts(template)
    .map((part) => {
      if (typeof part === "string") return part;
      const form = FORMS[part.operator] ?? FORMS[""]!;
      const filled = part.names.flatMap(({ name, explode, prefix }) => {
        const value = values[name];
        if (value === undefined || value === null) return [];
        const several: Json[] = Array.isArray(value) ? value : explode && typeof value === "string" && part.operator === "/" ? value.split("/") : [value];
        const texts = several.map((one) => {
          const text = prefix === undefined ? String(one) : [...String(one)].slice(0, prefix).join("");
          return form.open ? reserved(text) : encode(text);
        });
        const pieces = explode ? texts : [texts.join(",")];
        return pieces.map((piece) => (form.named ? (piece || part.operator !== ";" ? `${name}=${piece}` : name) : piece));
      });
      return filled.length ? form.first + filled.join(form.between) : "";
    })
    .join("");
}
