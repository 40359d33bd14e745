// The page: a client of the server that it came from, for people.
import { render } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { Questions } from "./ask";
import { ComponentView } from "./component";
import { short } from "./harmless";
import { History, Overview } from "./overview";
import { Sidebar } from "./sidebar";
import { announced, chosen, link, live, retry, selected, server, token, trouble, unlock } from "./state";

function App() {
  const known = server.value;
  const name = known ? short(known.title, 80) : "MCP server";
  const component = selected.value;
  useEffect(() => {
    document.title = component ? `${short(component.name, 80)} · ${name}` : name;
  }, [component, name]);
  useEffect(() => scrollTo(0, 0), [component?.sort, component?.id]);
  return (
    <div class={chosen.value ? "page chosen" : "page"}>
      <button
        class="skip"
        onClick={() => document.querySelector<HTMLElement>("main")?.focus()}
      >
        Skip to the content
      </button>
      <header class="top">
        <a href="#" class="home" aria-label="Overview" title="Overview">
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <rect width="16" height="16" rx="4" />
            <path d="M4 11V5l4 4 4-4v6" />
          </svg>
        </a>
        <span class="server">{name}</span>
        {known?.version && <span class="quiet">{short(known.version, 20)}</span>}
        {token.value && link.value === "there" && (
          <button class="link" onClick={() => unlock("")}>
            Forget the token
          </button>
        )}
      </header>
      <Sidebar />
      <main tabIndex={-1}>
        <Trouble />
        {component ? <ComponentView key={`${component.sort} ${component.id}`} component={component} /> : <Nothing />}
        <History />
      </main>
      <p class="unseen" role="status">
        {announced.value}
      </p>
      <Questions />
    </div>
  );
}

function Nothing() {
  const wanted = chosen.value;
  if (!wanted || link.value !== "there") return <Overview />;
  return (
    <article>
      <p class="kind">{wanted.sort}</p>
      <h1 tabIndex={-1}>{short(wanted.id)}</h1>
      <p>The server does not offer this (any more).</p>
    </article>
  );
}

/** Whatever keeps the page from speaking to the server. */
function Trouble() {
  switch (link.value) {
    case "gone":
      return <p class="banner">The server does not answer. It is looked for until it is back.</p>;
    case "locked":
      return <Lock />;
    case "refused":
      return (
        <div class="banner">
          <p>The server refuses: {short(trouble.value, 500)}</p>
          <button onClick={retry}>Try again</button>
        </div>
      );
    default:
      return null;
  }
}

function Lock() {
  const id = useId();
  const [typed, setTyped] = useState("");
  return (
    <form
      class="panel lock"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim()) unlock(typed);
      }}
    >
      <h2>This server asks for a token</h2>
      {trouble.value && (
        <p class="fault" role="alert">
          {short(trouble.value)}
        </p>
      )}
      <div class="head">
        <label for={id}>token</label>
      </div>
      <input
        id={id}
        type="password"
        value={typed}
        autocomplete="off"
        spellcheck={false}
        aria-describedby={`${id}-about`}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <p class="quiet" id={`${id}-about`}>
        It is sent as a bearer token, to this server only, and is forgotten when the page is closed or loaded again.
      </p>
      <div class="actions">
        <button class="main">Use it</button>
      </div>
    </form>
  );
}

addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select, dialog");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    document.getElementById("search")?.focus();
  }
});

document.body.replaceChildren();
render(<App />, document.body);
void live();
