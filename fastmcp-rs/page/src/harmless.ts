// What others wrote, for eyes: nothing in it is invisible, turns the reading direction, or is longer than anybody reads.

// Controls but tab and line feed, marks and overrides of direction, what has no width, and the tags block. ZWJ stays: emoji need it.
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/** The text with hidden characters spelled out. */
export function visible(text: string): string {
  if (/^[\n\x20-\x7e]*$/.test(text)) return text;
  return text
    .replaceAll("\r\n", "\n")
    .replace(HIDDEN, (one) => `⟨${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

/** A name or another short text. */
export const short = (text: string, most = 200): string => {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return visible(cut.replace(/\s+/g, " "));
};

/** A link that may be followed; nothing for `javascript:`, `data:`, and whatever else is not for reading or writing to somebody. */
export function safeLink(link: string): string | undefined {
  try {
    const url = new URL(link);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** The first sentence or line of a description. */
export function summary(text: string | undefined): string {
  const line = (text ?? "").trimStart().slice(0, 400).split("\n", 1)[0] ?? "";
  return short(line.replace(/[`*#]/g, ""), 120);
}

export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

export const count = (number: number, one: string, many = `${one}s`) =>
  `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** Hands over a file without asking anybody for it. */
export function download(content: BlobPart, type: string, name: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
