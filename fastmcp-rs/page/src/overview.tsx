// What is seen before anything is chosen: the server itself, what could be better, what was called.
import { bench, call, history, inWords, schemaOf } from "./calls";
import { all, tokens } from "./findings";
import { short } from "./harmless";
import { isObject, member, write, type Members } from "./json";
import { Link, Markdown } from "./markdown";
import { endpoint } from "./protocol";
import { kind, resolve } from "./schema";
import { address, components, server, type Component, type Sort } from "./state";

export function Overview() {
  const known = server.value;
  if (!known) return null;
  const sizes = components.value.filter((one) => one.sort === "tool").reduce((sum, one) => sum + write(one.entry).length, 0);
  const of = (...sorts: Sort[]) => components.value.filter((one) => sorts.includes(one.sort)).length;
  const found = all(components.value);
  return (
    <article>
      <p class="kind">MCP server</p>
      <h1 tabIndex={-1}>{short(known.title)}</h1>
      <p class="title">
        {known.title !== known.name && <code>{short(known.name)}</code>} {known.version && <>version {short(known.version, 60)}</>}
      </p>
      {known.about && <Markdown text={known.about} />}
      {known.website && (
        <p>
          <Link to={known.website} />
        </p>
      )}
      {known.instructions && (
        <section class="panel" aria-label="Instructions">
          <header>
            <h2>Instructions</h2>
            <span class="quiet">for the model</span>
          </header>
          <Markdown text={known.instructions} />
        </section>
      )}
      <dl class="figures">
        <Figure number={of("tool")} unit="tool" />
        <Figure number={of("resource", "template")} unit="resource" />
        <Figure number={of("prompt")} unit="prompt" />
        {sizes > 0 && <Figure number={tokens(sizes)} unit="token, about, to describe the tools" many="tokens, about, to describe the tools" />}
      </dl>
      <p class="quiet">
        Clients reach it at <code class="uri">{endpoint.href}</code>
      </p>
      {found.length > 0 && (
        <section aria-label="Findings">
          <h2>What a model may stumble over</h2>
          <ul class="findings">
            {found.slice(0, 100).map((one) => (
              <li>
                <code>{one.name}</code> {one.what}.
              </li>
            ))}
            {found.length > 100 && <li>… and more.</li>}
          </ul>
        </section>
      )}
    </article>
  );
}

function Figure({ number, unit, many = `${unit}s` }: { number: number; unit: string; many?: string }) {
  return (
    <div>
      <dt>{number === 1 ? unit : many}</dt>
      <dd>{number.toLocaleString("en")}</dd>
    </div>
  );
}

/** What was called in this tab, the latest first. */
export function History() {
  if (!history.value.length) return null;
  return (
    <section class="history" aria-label="History">
      <h2>Called in this tab</h2>
      <ol>
        {history.value.slice(0, 20).map((past) => (
          <li>
            <time dateTime={past.at.toISOString()}>{past.at.toLocaleTimeString("en-GB")}</time>
            <span class="what">
              <code>{short(past.component.name, 60)}</code> <code class="quiet">{short(write(masked(past.component, past.values)), 120)}</code>
              <br />
              <span class={past.outcome.failure !== undefined || past.outcome.result?.["isError"] === true ? "fault" : "quiet"}>{inWords(past.outcome)}</span>
            </span>
            <button
              type="button"
              class="small"
              onClick={() => {
                bench(past.component).values.value = past.values;
                location.hash = address(past.component);
                void call(past.component);
              }}
            >
              Repeat
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Arguments without what is not to be read over somebody's shoulder. */
function masked(component: Component, values: Members): Members {
  const root = schemaOf(component);
  const known = isObject(root["properties"]) ? root["properties"] : {};
  const hidden = (name: string) => {
    const shown = kind(resolve(member(known, name), root), root);
    return shown.as === "text" && shown.input === "password";
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, hidden(name) ? "•••" : value]));
}
