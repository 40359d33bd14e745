// What came of a call, in the form that shows it best; and all of it as JSON.
import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Outcome } from "./calls";
import { count, download, short, size, visible } from "./harmless";
import { isObject, list, member, text, write, type Json, type Members } from "./json";
import { Link, Markdown } from "./markdown";
import { Failure } from "./protocol";
import { address, components } from "./state";

/** Of a longer text only so much is shown, and of more rows only so many. */
const TEXT = 16_000;
const ROWS = 100;
const DEEP = 10;

export function Result({ outcome }: { outcome: Outcome }) {
  const { result, failure, took } = outcome;
  const failed = failure !== undefined || result?.["isError"] === true;
  return (
    <section class={failed ? "panel bad" : "panel"} aria-label="Result">
      <header>
        <h2>Result</h2>
        <span class="quiet">{took < 1000 ? `${Math.max(1, Math.round(took))} ms` : `${(took / 1000).toFixed(1)} s`}</span>
      </header>
      {failure !== undefined && <Failed failure={failure} />}
      {result && <Shown result={result} />}
      {result && <Json_ label="As JSON" value={result} />}
    </section>
  );
}

function Failed({ failure }: { failure: unknown }) {
  if (failure instanceof Error && failure.name === "AbortError") return <p>Cancelled. The server was told by the end of the connection.</p>;
  if (!(failure instanceof Failure)) return <p class="plain">{short(failure instanceof Error ? failure.message : String(failure), 1000)}</p>;
  const facts = [
    failure.code !== undefined && `code ${failure.code}`,
    failure.status > 0 && failure.status !== 200 && `HTTP status ${failure.status}`,
    failure.retryAfter && `try again after ${short(failure.retryAfter, 40)} s`,
  ].filter(Boolean);
  return (
    <>
      <p class="plain lead">{visible(failure.message.slice(0, TEXT))}</p>
      {facts.length > 0 && <p class="quiet">{facts.join(", ")}</p>}
      {failure.data !== undefined && <Json_ label="Details" value={failure.data} />}
    </>
  );
}

function Shown({ result }: { result: Members }) {
  const error = member(result["_meta"], "fastmcp-rs/error");
  const structured = result["structuredContent"];
  const content = list(result["content"]);
  const copy = useMemo(() => (structured === undefined ? undefined : write(structured)), [structured]);
  // The text that repeats structured content is for clients that know no better.
  const rest = copy === undefined ? content : content.filter((block) => !isCopy(text(member(block, "text")), copy));
  return (
    <>
      {result["isError"] === true && <Kind error={error} />}
      {structured !== undefined && <Value value={structured} />}
      {rest.map((block) => (
        <Block block={block} />
      ))}
      {list(result["contents"]).map((contents) => (
        <Contents contents={contents} />
      ))}
      {text(result["description"]) && <Markdown text={text(result["description"]) ?? ""} />}
      {list(result["messages"]).map((message) => (
        <figure class="spoken">
          <figcaption>{short(text(member(message, "role")) ?? "", 20)}</figcaption>
          {[member(message, "content")].flat().map((block) => (
            <Block block={block ?? null} prose />
          ))}
        </figure>
      ))}
      {!rest.length && structured === undefined && !result["contents"] && !result["messages"] && <p class="quiet">It gave nothing back.</p>}
    </>
  );
}

function isCopy(said: string | undefined, json: string): boolean {
  if (said === undefined || said.length > json.length * 4 + 64) return false;
  try {
    return said === json || JSON.stringify(JSON.parse(said)) === JSON.stringify(JSON.parse(json));
  } catch {
    return false;
  }
}

function Kind({ error }: { error: Json | undefined }) {
  const code = text(member(error, "code"));
  const wait = member(error, "retry_after");
  const details = member(error, "details");
  return (
    <>
      <p class="badges">
        <span class="badge bad">error</span>
        {code && <span class="badge bad">{short(code, 60)}</span>}
        {member(error, "retryable") === true && <span class="badge">may be tried again{wait !== undefined ? ` after ${short(String(wait), 20)} s` : ""}</span>}
        {member(error, "retryable") !== true && wait !== undefined && <span class="badge">retry after {short(String(wait), 20)} s</span>}
      </p>
      {details !== undefined && <Json_ label="Details" value={details} />}
    </>
  );
}

function Block({ block, prose }: { block: Json; prose?: boolean }) {
  const kind = text(member(block, "type"));
  const mime = text(member(block, "mimeType")) ?? "";
  switch (kind) {
    case "text": {
      const said = text(member(block, "text")) ?? "";
      return prose ? <Markdown text={said} /> : <Text text={said} />;
    }
    case "image":
    case "audio":
      return <Media data={text(member(block, "data")) ?? ""} mime={mime || (kind === "image" ? "image/png" : "audio/wav")} />;
    case "resource_link": {
      const uri = text(member(block, "uri")) ?? "";
      const known = components.value.find((one) => one.sort === "resource" && one.id === uri);
      const name = short(text(member(block, "title")) ?? text(member(block, "name")) ?? uri);
      return (
        <p class="card">
          {known ? <a href={address(known)}>{name}</a> : <Link to={uri}>{name}</Link>} <code class="quiet">{short(uri)}</code>
          {text(member(block, "description")) && <Markdown text={text(member(block, "description")) ?? ""} />}
        </p>
      );
    }
    case "resource":
      return <Contents contents={member(block, "resource") ?? null} />;
    default:
      return <Value value={block} />;
  }
}

function Contents({ contents }: { contents: Json }) {
  const uri = text(member(contents, "uri")) ?? "";
  const mime = text(member(contents, "mimeType")) ?? "";
  const said = text(member(contents, "text"));
  const blob = text(member(contents, "blob"));
  return (
    <div class="card">
      <p class="quiet">
        <code>{short(uri)}</code> {mime && short(mime, 60)}
      </p>
      {said !== undefined && <Text text={said} mime={mime} />}
      {blob !== undefined && <Media data={blob} mime={mime} />}
    </div>
  );
}

/** Text as it is; Markdown and JSON as what they are, if they say so. */
function Text({ text: said, mime = "" }: { text: string; mime?: string }) {
  const markdown = /^text\/(x-)?markdown/.test(mime);
  const json = useMemo(() => {
    if (!/json/.test(mime) || said.length > 4 * TEXT) return undefined;
    try {
      return JSON.parse(said) as Json;
    } catch {
      return undefined;
    }
  }, [said, mime]);
  if (json !== undefined && typeof json === "object" && json !== null) return <Value value={json} />;
  if (markdown && said.length <= TEXT) return <Markdown text={said} />;
  return (
    <>
      <pre tabIndex={0} class="text">
        {visible(said.slice(0, TEXT))}
      </pre>
      {said.length > TEXT && (
        <Cut said={`${count(said.length - TEXT, "more character")}`} save={() => download(said, mime || "text/plain", "result.txt")} />
      )}
    </>
  );
}

function Cut({ said, save }: { said: string; save: () => void }) {
  return (
    <p class="cut">
      <span>… and {said}.</span>{" "}
      <button type="button" class="small" onClick={save}>
        Download
      </button>
    </p>
  );
}

function Media({ data, mime }: { data: string; mime: string }) {
  const [broken, setBroken] = useState(false);
  const kind = short(mime || "no known type", 60);
  const about = `${kind}, ${size(Math.floor((data.length * 3) / 4))}`;
  // Only what belongs into a data URL, whatever a server says.
  const clean = /^[\w.+-]+\/[\w.+-]+$/.test(mime) ? mime : "application/octet-stream";
  const source = `data:${clean};base64,${data}`;
  const save = () => {
    try {
      download(Uint8Array.from(atob(data), (one) => one.charCodeAt(0)), "application/octet-stream", `result.${clean.split(/[/+]/)[1] ?? "bin"}`);
    } catch {
      setBroken(true);
    }
  };
  const plays = data.length < 32e6 && !broken;
  return (
    <figure class="media">
      {plays && clean.startsWith("image/") && <img src={source} alt={`Image: ${about}`} onError={() => setBroken(true)} />}
      {plays && clean.startsWith("audio/") && <audio controls src={source} aria-label={`Audio: ${about}`} />}
      {plays && clean.startsWith("video/") && <video controls src={source} aria-label={`Video: ${about}`} />}
      <figcaption>
        {broken ? `This cannot be shown (${about})` : about}{" "}
        <button type="button" class="small" onClick={save}>
          Download
        </button>
      </figcaption>
    </figure>
  );
}

/** A value as a tree; a list of objects that are alike as a table. */
function Value({ value, depth = 0 }: { value: Json; depth?: number }) {
  if (value === null) return <span class="quiet">null</span>;
  if (typeof value === "string") return depth === 0 ? <Text text={value} /> : <Words text={value} />;
  if (typeof value !== "object") return <code>{String(value)}</code>;
  if (depth > DEEP) return <code>{short(write(value), 500)}</code>;
  if (Array.isArray(value)) {
    if (!value.length) return <span class="quiet">an empty list</span>;
    const columns = alike(value);
    if (columns) return <Table rows={value as Members[]} columns={columns} depth={depth} />;
    return (
      <>
        <ol class="values">
          {value.slice(0, ROWS).map((one) => (
            <li>
              <Value value={one} depth={depth + 1} />
            </li>
          ))}
        </ol>
        <More value={value} shown={ROWS} />
      </>
    );
  }
  const members = Object.entries(value);
  if (!members.length) return <span class="quiet">an empty object</span>;
  return (
    <dl class="members">
      {members.slice(0, ROWS).map(([key, one]) => (
        <div class={typeof one === "object" && one !== null ? "wide" : ""}>
          <dt>{short(key)}</dt>
          <dd>
            <Value value={one} depth={depth + 1} />
          </dd>
        </div>
      ))}
      {members.length > ROWS && (
        <div>
          <dt>…</dt>
          <dd>{count(members.length - ROWS, "more member")}</dd>
        </div>
      )}
    </dl>
  );
}

const Words = ({ text }: { text: string }) => {
  if (text === "") return <span class="quiet">an empty text</span>;
  return (
    <span class="plain">
      {visible(text.slice(0, 2000))}
      {text.length > 2000 && <Cut said={count(text.length - 2000, "more character")} save={() => download(text, "text/plain", "value.txt")} />}
    </span>
  );
};

function More({ value, shown }: { value: Json[]; shown: number }) {
  if (value.length <= shown) return null;
  return <Cut said={count(value.length - shown, "more item")} save={() => download(write(value, 2), "application/json", "result.json")} />;
}

/** The columns of a list of objects, if they are alike: nearly the same members, and none of them deep. */
function alike(rows: Json[]): string[] | undefined {
  const some = rows.slice(0, ROWS);
  if (!some.every(isObject)) return undefined;
  const columns = new Map<string, number>();
  for (const row of some) for (const key of Object.keys(row)) columns.set(key, (columns.get(key) ?? 0) + 1);
  const filled = [...columns.values()].reduce((sum, one) => sum + one, 0);
  if (!columns.size || columns.size > 12 || filled < columns.size * some.length * 0.5) return undefined;
  const deep = (value: Json | undefined) => typeof value === "object" && value !== null && write(value).length > 80;
  return some.some((row) => Object.values(row).some(deep)) ? undefined : [...columns.keys()];
}

function Table({ rows, columns, depth }: { rows: Members[]; columns: string[]; depth: number }) {
  return (
    <>
      <div class="scroll" tabIndex={0} role="group" aria-label="Table">
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th scope="col">{short(column, 60)}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, ROWS).map((row) => (
              <tr>
                {columns.map((column) => (
                  <td class={typeof row[column] === "number" ? "number" : ""}>{cell(row[column], depth)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <More value={rows} shown={ROWS} />
    </>
  );
}

function cell(value: Json | undefined, depth: number): ComponentChildren {
  if (value === undefined) return null;
  return typeof value === "object" && value !== null ? <code>{short(write(value), 80)}</code> : <Value value={value} depth={depth + 1} />;
}

/** JSON to be unfolded; it is made only then. */
export function Json_({ label, value, open = false }: { label: string; value: Json; open?: boolean }) {
  const [shown, setShown] = useState(open);
  return (
    <details open={open} onToggle={(event) => setShown(event.currentTarget.open)}>
      <summary>{label}</summary>
      {shown && <JsonText value={value} />}
    </details>
  );
}

export function JsonText({ value }: { value: Json }) {
  const json = useMemo(() => write(value, 2), [value]);
  return (
    <>
      <pre tabIndex={0}>
        <code>{visible(json.slice(0, TEXT))}</code>
      </pre>
      {json.length > TEXT && (
        <Cut said={count(json.length - TEXT, "more character")} save={() => download(json, "application/json", "result.json")} />
      )}
    </>
  );
}
