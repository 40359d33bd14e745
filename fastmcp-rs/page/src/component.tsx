// One tool, resource, template or prompt: what it is, what it takes, and what comes of it.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { bench, call, complete, schemaOf, uri, type Bench } from "./calls";
import { forms } from "./copy";
import { findings, tokens } from "./findings";
import { Fields, JsonBox } from "./form";
import { count, short, visible } from "./harmless";
import { isObject, list, member, text, write, type Json, type Members } from "./json";
import { Markdown } from "./markdown";
import { JsonText, Result } from "./result";
import { faults, kind, properties, resolve, rules, type Schema } from "./schema";
import { can, type Component, type Sort } from "./state";

const SORTS: Record<Sort, { label: string; act: string }> = {
  tool: { label: "Tool", act: "Call" },
  resource: { label: "Resource", act: "Read" },
  template: { label: "Resource template", act: "Read" },
  prompt: { label: "Prompt", act: "Get" },
};

export function ComponentView({ component }: { component: Component }) {
  const { entry, sort } = component;
  const at = bench(component);
  const heading = useRef<HTMLHeadingElement>(null);
  // Whoever follows a link goes on reading here.
  useEffect(() => heading.current?.focus({ preventScroll: true }), [component.sort, component.id]);
  const annotations = entry["annotations"];
  const title = text(entry["title"]) ?? text(member(annotations, "title"));
  const notes = findings(component);
  const description = text(entry["description"]);
  return (
    <article>
      <p class="kind">{SORTS[sort].label}</p>
      <h1 ref={heading} tabIndex={-1}>
        {short(component.name)}
      </h1>
      {title && title !== component.name && <p class="title">{short(title)}</p>}
      {component.id !== component.name && (
        <p>
          <code class="uri">{short(component.id, 400)}</code>
        </p>
      )}
      <Badges component={component} />
      {description ? <Markdown text={description} /> : null}
      {notes.length > 0 && (
        <ul class="findings" aria-label="Findings">
          {notes.map((note) => (
            <li>It {note}.</li>
          ))}
        </ul>
      )}
      <Arguments component={component} at={at} />
      <Outcome at={at} />
      <More component={component} at={at} />
    </article>
  );
}

function Badges({ component }: { component: Component }) {
  const { entry } = component;
  const hints = entry["annotations"];
  const own = member(entry["_meta"], "fastmcp");
  const said: [string, string][] = [];
  const is = (name: string) => member(hints, name) === true;
  if (component.sort === "tool") {
    if (is("readOnlyHint")) said.push(["read-only", "good"]);
    else if (member(hints, "destructiveHint") !== false) said.push(["destructive", "bad"]);
    if (is("idempotentHint")) said.push(["idempotent", ""]);
    if (is("openWorldHint")) said.push(["open world", ""]);
    const task = text(member(entry["execution"], "taskSupport"));
    if (task && task !== "forbidden") said.push([`task: ${short(task, 20)}`, ""]);
    if (member(entry["_meta"], "ui") !== undefined) said.push(["has an app", ""]);
  }
  const mime = text(entry["mimeType"]);
  if (mime) said.push([short(mime, 60), ""]);
  for (const role of list(member(hints, "audience"))) said.push([`for the ${short(String(role), 20)}`, ""]);
  for (const scope of [...list(member(own, "scopes")), ...list(member(own, "roles"))].slice(0, 20)) said.push([`needs ${short(String(scope), 60)}`, ""]);
  for (const tag of list(member(own, "tags")).slice(0, 20)) said.push([`#${short(String(tag), 40)}`, "tag"]);
  const version = member(own, "version");
  if (version !== undefined) said.push([`version ${short(String(version), 40)}`, ""]);
  if (!said.length) return null;
  return (
    <ul class="badges" aria-label="Properties">
      {said.map(([label, look]) => (
        <li class={`badge ${look}`}>{label}</li>
      ))}
    </ul>
  );
}

function Arguments({ component, at }: { component: Component; at: Bench }) {
  const id = useId();
  const schema = schemaOf(component);
  const values = at.values.value;
  const running = at.running.value;
  const root = schema as Schema;
  const understood = kind(schema, root).as === "group";
  const takes = component.sort === "tool" ? !empty(schema) : properties(schema).length > 0;
  const called = at.outcome.value !== undefined;
  const wrong = component.sort === "tool" ? faults(schema, values) : new Map<string, string>();
  // Before the first call, nobody has to be told that a field is still empty.
  const shown = called ? wrong : new Map([...wrong].filter(([, why]) => why !== "needed"));
  const completes = can("completions") && (component.sort === "prompt" || component.sort === "template");
  const act = SORTS[component.sort].act;
  const set = (next: Members) => (at.values.value = next);
  return (
    <form
      noValidate
      class="call"
      onSubmit={(event) => {
        event.preventDefault();
        void call(component);
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          void call(component);
        }
      }}
    >
      {takes && (
        <div class={understood ? "pair" : ""}>
          {understood && (
            <div class="fields">
              <Fields
                schema={schema}
                root={root}
                value={values}
                change={set}
                faults={shown}
                complete={completes ? (name, value) => complete(component, name, value) : undefined}
              />
            </div>
          )}
          <div class="raw">
            <div class="head">
              <label for={id}>JSON</label>
              <span class="marks">the same arguments, both ways</span>
            </div>
            <JsonBox id={id} object value={values} change={(value) => set(isObject(value) ? value : {})} rows={Math.min(14, Math.max(4, write(values, 2).split("\n").length))} />
          </div>
        </div>
      )}
      {component.sort === "template" && (
        <p class="quiet">
          <code class="uri">{short(uri(component, values), 400)}</code>
        </p>
      )}
      <div class="actions">
        <button class="main" aria-disabled={running ? true : undefined}>
          {act}
        </button>
        {running && (
          <button type="button" onClick={() => running.abort()}>
            Cancel
          </button>
        )}
        {running ? <Progress at={at} /> : takes && <span class="quiet keys">Ctrl + Enter</span>}
      </div>
    </form>
  );
}

const empty = (schema: Members) => !isObject(schema["properties"]) ? false : !Object.keys(schema["properties"]).length && schema["additionalProperties"] === false;

function Progress({ at }: { at: Bench }) {
  const progress = at.progress.value;
  const known = progress?.total !== undefined;
  return (
    <div class="progress">
      <progress aria-label="Progress" {...(known ? { max: progress?.total, value: Math.min(progress?.done ?? 0, progress?.total ?? 1) } : {})} />
      <span class="quiet">
        {progress ? `${progress.done}${progress.total !== undefined ? ` of ${progress.total}` : ""} ${short(progress.message ?? "")}` : "under way"}
      </span>
    </div>
  );
}

function Outcome({ at }: { at: Bench }) {
  const logs = at.logs.value;
  return (
    <>
      {at.outcome.value && <Result outcome={at.outcome.value} />}
      {logs.length > 0 && (
        <section class="panel" aria-label="Logs">
          <header>
            <h2>Logs</h2>
            <span class="quiet">{count(logs.length, "message")}</span>
          </header>
          <ol class="logs" tabIndex={0}>
            {logs.map((log) => (
              <li class={log.level}>
                <span class="level">{short(log.level, 12)}</span>
                {log.logger && <span class="quiet">{short(log.logger, 60)}</span>}
                <span class="plain">{visible((typeof log.data === "string" ? log.data : write(log.data)).slice(0, 2000))}</span>
              </li>
            ))}
          </ol>
        </section>
      )}
    </>
  );
}

/** What is looked up rather than looked at. */
function More({ component, at }: { component: Component; at: Bench }) {
  const { entry } = component;
  const compact = write(entry);
  const input = component.sort === "tool" ? entry["inputSchema"] : undefined;
  const output = entry["outputSchema"];
  return (
    <div class="more">
      <Unfolding label="Copy as" content={() => <CopyAs component={component} values={at.values.value} />} />
      {isObject(input) && <Unfolding label="Input schema" content={() => <Tree schema={input} />} />}
      {isObject(output) && <Unfolding label="Output schema" content={() => <Tree schema={output} />} />}
      <section aria-label="What the model sees">
        <h2>What the model sees</h2>
        <p class="quiet">
          {count(compact.length, "character")} of JSON, about {count(tokens(compact.length), "token")}
        </p>
        <JsonText value={entry} />
      </section>
    </div>
  );
}

function Unfolding({ label, content }: { label: string; content: () => preact.ComponentChild }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{label}</summary>
      {open && content()}
    </details>
  );
}

function CopyAs({ component, values }: { component: Component; values: Members }) {
  const [copied, setCopied] = useState("");
  const all = forms(component, values);
  const [label, setLabel] = useState(all[0]?.label ?? "");
  const form = all.find((one) => one.label === label) ?? all[0];
  if (!form) return null;
  return (
    <>
      <div class="tabs" role="group" aria-label="Copy as">
        {all.map((one) => (
          <button type="button" class="small" aria-pressed={one.label === form.label} onClick={() => setLabel(one.label)}>
            {one.label}
          </button>
        ))}
      </div>
      <pre tabIndex={0}>
        <code>{form.text}</code>
      </pre>
      <button
        type="button"
        class="small"
        onClick={() => {
          void navigator.clipboard?.writeText(form.text).then(
            () => setCopied(form.label),
            () => setCopied(""),
          );
        }}
      >
        {copied === form.label ? "Copied" : "Copy"}
      </button>
    </>
  );
}

/** A schema as a tree: names, kinds, rules and descriptions. */
function Tree({ schema }: { schema: Schema }) {
  return <ul class="tree">{branches(schema, schema, 0)}</ul>;
}

function branches(schema: Schema, root: Schema, depth: number): preact.ComponentChild {
  const known = properties(resolve(schema, root));
  if (known.length) return known.map((one) => <Branch name={one.name} schema={one.schema} root={root} required={one.required} depth={depth} />);
  return <Branch name="" schema={schema} root={root} required depth={depth} />;
}

function Branch(props: { name: string; schema: Json; root: Schema; required: boolean; depth: number }) {
  const schema = resolve(props.schema, props.root);
  const items = resolve(schema["items"], props.root);
  const values = schema["additionalProperties"];
  const inner = properties(schema).length ? schema : properties(items).length ? items : isObject(values) && properties(resolve(values, props.root)).length ? resolve(values, props.root) : undefined;
  const offered = list(schema["enum"]).slice(0, 20).map((one) => short(write(one), 40));
  const about = text(schema["description"]);
  return (
    <li>
      {props.name && <code class="name">{short(props.name)}</code>} <span class="type">{typeName(schema, items)}</span>
      {props.name && !props.required && <span class="quiet"> optional</span>}
      <span class="quiet"> {rulesOf(schema, props.root)}</span>
      {"default" in schema && <span class="quiet"> default {short(write(schema["default"]), 60)}</span>}
      {offered.length > 0 && <span class="quiet"> one of {offered.join(", ")}</span>}
      {about && <Markdown text={about} />}
      {inner && props.depth < 8 && <ul class="tree">{branches(inner, props.root, props.depth + 1)}</ul>}
    </li>
  );
}

const rulesOf = (schema: Schema, root: Schema) =>
  visible(rules(schema, root))
    .split(", ")
    .filter((rule) => !["whole number", "number", "JSON"].includes(rule))
    .join(", ");

function typeName(schema: Schema, items: Schema): string {
  const named = [schema["type"]].flat().map(String).filter((type) => type !== "null" && type !== "undefined");
  const nullable = [schema["type"]].flat().includes("null") ? " or null" : "";
  const type = named.join(" or ");
  if (type === "array" && items["type"]) return `list of ${[items["type"]].flat().map(String).join(" or ")}`;
  if (type === "integer") return `whole number${nullable}`;
  return short(`${({ string: "text", array: "list", boolean: "yes or no" } as Record<string, string>)[type] ?? (type || "anything")}${nullable}`, 60);
}
