// A form made from a schema. It holds no value of its own: it shows the one it is given and says what it should become.
import { useEffect, useId, useState } from "preact/hooks";
import { short, visible } from "./harmless";
import { isObject, list, parse, text, write, type Json, type Members } from "./json";
import { Markdown } from "./markdown";
import { escapePointer, initial, kind, properties, resolve, rules, type Choice, type Schema } from "./schema";

interface Given {
  root: Schema;
  faults: Map<string, string>;
  /** Suggestions for an argument while it is typed. */
  complete?: ((name: string, value: string) => Promise<string[]>) | undefined;
}

interface Asked extends Given {
  name: string;
  schema: Json;
  value: Json | undefined;
  required: boolean;
  pointer: string;
  change: (value: Json | undefined) => void;
}

/** The fields of an object. */
export function Fields(props: Given & { schema: Schema; value: Members; pointer?: string; change: (value: Members) => void }) {
  const { schema, value, pointer = "", change } = props;
  return (
    <>
      {properties(schema).map((one) => (
        <Field
          key={one.name}
          root={props.root}
          faults={props.faults}
          complete={props.complete}
          name={one.name}
          schema={one.schema}
          required={one.required}
          value={Object.hasOwn(value, one.name) ? value[one.name] : undefined}
          pointer={`${pointer}/${escapePointer(one.name)}`}
          change={(next) => change(ordered(put(value, one.name, next), schema))}
        />
      ))}
    </>
  );
}

/** Members in the order of the schema's, and what it does not know after them. */
function ordered(object: Members, schema: Schema): Members {
  const known = isObject(schema["properties"]) ? Object.keys(schema["properties"]) : [];
  const order = (name: string) => (known.includes(name) ? known.indexOf(name) : known.length);
  return Object.fromEntries(Object.entries(object).sort(([one], [other]) => order(one) - order(other)));
}

/** The same object with a member, or without it. */
function put(object: Members, name: string, value: Json | undefined): Members {
  if (value === undefined) return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
  // A member called `__proto__` is one like any other.
  return Object.fromEntries([...Object.entries(object).filter(([key]) => key !== name), [name, value]]);
}

function Field(props: Asked) {
  const id = useId();
  const schema = resolve(props.schema, props.root);
  const depth = props.pointer.split("/").length;
  const shown = depth > 12 ? ({ as: "json" } as const) : kind(schema, props.root);
  // A schema may lead to itself, so what is far down is unfolded by hand.
  const deep = depth > 3 && props.value === undefined && !props.required;
  const fault = props.faults.get(props.pointer);
  // Schemas say the default in words as well, for clients that drop it; here it stands in the field.
  const said = text(schema["description"]);
  const about = "default" in schema ? said?.replace(/\s*Default: [^\n]{1,200}\.$/, "") : said;
  const example = list(schema["examples"])[0];
  const kept = rules(schema, props.root);
  const title = text(schema["title"]);
  const described = { "aria-describedby": `${id}-about`, "aria-invalid": fault ? true : undefined } as const;
  const notes = (
    <div id={`${id}-about`} class="about">
      {about && <Markdown text={about} />}
      {(kept || example !== undefined) && (
        <p class="quiet">
          {visible(kept)}
          {example !== undefined && shown.as !== "text" && `${kept ? "; " : ""}for example ${short(write(example), 80)}`}
        </p>
      )}
      {fault && <p class="fault">{short(fault)}</p>}
    </div>
  );
  const marks = (
    <span class="marks">
      {title && title !== props.name && <span>{short(title, 60)}</span>}
      {props.required && <span class="needed">required</span>}
      {!props.required && props.value !== undefined && (
        <button type="button" class="link" onClick={() => props.change(undefined)}>
          Leave out<span class="unseen"> {short(props.name)}</span>
        </button>
      )}
    </span>
  );
  if (shown.as === "group" || shown.as === "list" || shown.as === "map" || shown.as === "choices") {
    return (
      <fieldset aria-describedby={`${id}-about`}>
        <legend>
          <span class="name">{short(props.name)}</span> {marks}
        </legend>
        {notes}
        {shown.as === "group" && deep && (
          <button type="button" class="small" onClick={() => props.change({})}>
            Fill in<span class="unseen"> {short(props.name)}</span>
          </button>
        )}
        {shown.as === "group" && !deep && (
          <Fields
            {...props}
            schema={shown.schema}
            value={isObject(props.value) ? props.value : {}}
            change={(value) => props.change(Object.keys(value).length || props.required || depth > 3 ? value : undefined)}
          />
        )}
        {shown.as === "choices" && <Choices {...props} choices={shown.choices} />}
        {shown.as === "list" && <List {...props} items={shown.items} />}
        {shown.as === "map" && <Map_ {...props} values={shown.values} />}
      </fieldset>
    );
  }
  if (shown.as === "switch") {
    return (
      <div class="field">
        <div class="switch">
          <input
            id={id}
            type="checkbox"
            checked={props.value === true}
            onChange={(event) => props.change(event.currentTarget.checked)}
            {...described}
          />
          <label for={id}>{short(props.name)}</label>
          {marks}
        </div>
        {notes}
      </div>
    );
  }
  return (
    <div class="field">
      <div class="head">
        <label for={id}>{short(props.name)}</label>
        {marks}
      </div>
      {shown.as === "text" && (
        <Text
          {...props}
          id={id}
          input={shown.input}
          long={shown.long}
          hint={typeof example === "string" ? `for example ${short(example, 60)}` : ""}
          described={described}
        />
      )}
      {shown.as === "number" && <Numeric {...props} id={id} whole={shown.whole} bounds={schema} described={described} />}
      {shown.as === "choice" && <Select {...props} id={id} choices={shown.choices} described={described} />}
      {shown.as === "json" && <JsonBox {...props} id={id} described={described} />}
      {notes}
    </div>
  );
}

type Described = { "aria-describedby": string; "aria-invalid": boolean | undefined };

function Text(props: Asked & { id: string; input: string; long: boolean; hint: string; described: Described }) {
  const { id, input, described, required } = props;
  const [offers, setOffers] = useState<string[]>([]);
  const raw = typeof props.value === "string" ? props.value : "";
  const value = input === "datetime-local" ? localTime(raw) : raw;
  const set = (typed: string) => {
    const next = input === "datetime-local" && typed ? zoned(typed) : typed;
    props.change(next === "" ? undefined : next);
  };
  useEffect(() => {
    if (!props.complete) return;
    let late = false;
    const timer = setTimeout(async () => {
      const offers = await props.complete?.(props.name, raw).catch(() => []);
      if (!late && offers) setOffers(offers);
    }, 120);
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [raw, !props.complete]);
  const common = { id, value, "aria-required": required, spellcheck: false, placeholder: props.hint, ...described };
  if (props.long && !props.complete) {
    return <textarea {...common} rows={1} onInput={(event) => set(event.currentTarget.value)} />;
  }
  return (
    <>
      <input
        {...common}
        type={input}
        step={input === "datetime-local" ? 1 : undefined}
        autocomplete="off"
        list={props.complete ? `${id}-offers` : undefined}
        onInput={(event) => set(event.currentTarget.value)}
      />
      {props.complete && (
        <datalist id={`${id}-offers`}>
          {offers.map((offer) => (
            <option value={offer} />
          ))}
        </datalist>
      )}
    </>
  );
}

/** A time of the schema's as the field has it, in this browser's zone, and back. */
function localTime(value: string): string {
  const time = new Date(value);
  if (!value || Number.isNaN(time.getTime())) return "";
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function zoned(typed: string): string {
  const time = new Date(typed);
  return Number.isNaN(time.getTime()) ? typed : time.toISOString().replace(".000Z", "Z");
}

function Numeric(props: Asked & { id: string; whole: boolean; bounds: Schema; described: Described }) {
  // What is being typed may be no number yet.
  const [typed, setTyped] = useState<string | undefined>(undefined);
  const value = props.value === undefined ? "" : String(props.value);
  const shown = typed !== undefined && read(typed) === props.value ? typed : value;
  const bound = (name: string) => (typeof props.bounds[name] === "number" ? String(props.bounds[name]) : undefined);
  return (
    <input
      id={props.id}
      type="number"
      step={props.whole ? 1 : "any"}
      min={bound("minimum")}
      max={bound("maximum")}
      value={shown}
      aria-required={props.required}
      autocomplete="off"
      onInput={(event) => {
        setTyped(event.currentTarget.value);
        props.change(read(event.currentTarget.value));
      }}
      {...props.described}
    />
  );
}

function read(typed: string): Json | undefined {
  if (typed === "") return undefined;
  if (/^-?\d+$/.test(typed) && !Number.isSafeInteger(Number(typed))) return BigInt(typed);
  const number = Number(typed);
  return Number.isFinite(number) ? number : undefined;
}

function Select(props: Asked & { id: string; choices: Choice[]; described: Described }) {
  const at = props.choices.findIndex((choice) => choice.value === props.value);
  return (
    <select
      id={props.id}
      value={String(at)}
      aria-required={props.required}
      onChange={(event) => props.change(props.choices[Number(event.currentTarget.value)]?.value)}
      {...props.described}
    >
      {(at < 0 || !props.required) && <option value="-1">{props.required ? "Choose" : "—"}</option>}
      {props.choices.map((choice, index) => (
        <option value={String(index)}>{short(choice.label)}</option>
      ))}
    </select>
  );
}

function Choices(props: Asked & { choices: Choice[] }) {
  const chosen = list(props.value);
  return (
    <div class="choices">
      {props.choices.map((choice) => (
        <label>
          <input
            type="checkbox"
            checked={chosen.includes(choice.value)}
            onChange={(event) => {
              const on = event.currentTarget.checked;
              props.change(props.choices.map((one) => one.value).filter((one) => (one === choice.value ? on : chosen.includes(one))));
            }}
          />
          {short(choice.label)}
        </label>
      ))}
    </div>
  );
}

function List(props: Asked & { items: Schema }) {
  const values = list(props.value);
  const set = (at: number, next: Json | undefined) =>
    props.change(values.map((value, index) => (index === at ? (next ?? blank(props.items, props.root)) : value)));
  return (
    <>
      {values.slice(0, 200).map((value, at) => (
        <div class="item">
          <Field
            {...props}
            name={`${props.name} ${at + 1}`}
            schema={props.items}
            value={value}
            required={true}
            pointer={`${props.pointer}/${at}`}
            change={(next) => set(at, next)}
          />
          <button type="button" class="link" onClick={() => props.change(values.filter((_, index) => index !== at))}>
            Remove<span class="unseen"> {short(props.name)} {at + 1}</span>
          </button>
        </div>
      ))}
      <button type="button" class="small" onClick={() => props.change([...values, blank(props.items, props.root)])}>
        Add<span class="unseen"> to {short(props.name)}</span>
      </button>
    </>
  );
}

/** What a new item of a list is at first. */
function blank(schema: Schema, root: Schema): Json {
  const first = initial(schema, root, 1);
  if (first !== undefined) return first;
  switch (kind(schema, root).as) {
    case "number":
      return typeof schema["minimum"] === "number" ? schema["minimum"] : 0;
    case "switch":
      return false;
    case "list":
    case "choices":
      return [];
    case "group":
    case "map":
      return {};
    case "text":
      return "";
    default:
      return null;
  }
}

function Map_(props: Asked & { values: Schema }) {
  const [key, setKey] = useState("");
  const id = useId();
  const value = isObject(props.value) ? props.value : {};
  const add = () => {
    if (!key || Object.hasOwn(value, key)) return;
    props.change(put(value, key, blank(props.values, props.root)));
    setKey("");
  };
  return (
    <>
      {Object.entries(value).map(([name, one]) => (
        <div class="item" key={name}>
          <Field
            {...props}
            name={name}
            schema={props.values}
            value={one}
            required={true}
            pointer={`${props.pointer}/${escapePointer(name)}`}
            change={(next) => props.change(put(value, name, next ?? blank(props.values, props.root)))}
          />
          <button type="button" class="link" onClick={() => props.change(put(value, name, undefined))}>
            Remove<span class="unseen"> {short(name)}</span>
          </button>
        </div>
      ))}
      <div class="row">
        <label class="unseen" for={id}>
          {short(props.name)}: a new key
        </label>
        <input id={id} value={key} placeholder="key" onInput={(event) => setKey(event.currentTarget.value)} />
        <button type="button" class="small" onClick={add}>
          Add<span class="unseen"> to {short(props.name)}</span>
        </button>
      </div>
    </>
  );
}

/** JSON for what no field is made for, or for all arguments at once. */
export function JsonBox(props: {
  id: string;
  value: Json | undefined;
  change: (value: Json | undefined) => void;
  described?: Described;
  /** The whole is an object. */
  object?: boolean;
  rows?: number;
  label?: string;
}) {
  const [typed, setTyped] = useState("");
  // What is wrong with it, and beside which value; another value is none of its concern.
  const [wrong, setWrong] = useState({ fault: "", beside: "" });
  const json = write(props.value);
  const fault = wrong.beside === json ? wrong.fault : "";
  // Typed text stays as it is for as long as it means the same.
  const same = () => {
    try {
      return write(typed.trim() === "" ? undefined : parse(typed)) === json;
    } catch {
      return false;
    }
  };
  const shown = fault || same() ? typed : props.value === undefined ? "" : write(props.value, 2);
  return (
    <>
      <textarea
        id={props.id}
        class="code"
        rows={props.rows ?? 2}
        value={shown}
        spellcheck={false}
        aria-label={props.label}
        onInput={(event) => {
          const next = event.currentTarget.value;
          setTyped(next);
          try {
            const value = next.trim() === "" ? undefined : parse(next);
            if (props.object && value !== undefined && !isObject(value)) throw new Error("arguments are an object: { … }");
            setWrong({ fault: "", beside: "" });
            props.change(value);
          } catch (error) {
            setWrong({ fault: error instanceof Error ? error.message : "not JSON", beside: json });
          }
        }}
        {...props.described}
      />
      {fault && (
        <p class="fault" role="alert">
          Not JSON yet: {short(fault)}
        </p>
      )}
    </>
  );
}
