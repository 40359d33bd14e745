// What there is: a search, and every component by its name.
import { useState } from "preact/hooks";
import { short, summary } from "./harmless";
import { text } from "./json";
import { address, chosen, components, found, link, search, type Component, type Sort } from "./state";

/** So many of a kind are listed at once; ten thousand would keep the browser busy for seconds. */
const AT_ONCE = 500;

const GROUPS: [Sort[], string][] = [
  [["tool"], "Tools"],
  [["resource", "template"], "Resources"],
  [["prompt"], "Prompts"],
];

export function Sidebar() {
  const all = found.value;
  return (
    <nav aria-label="Components">
      <div class="find">
        <input
          id="search"
          type="search"
          aria-label="Search"
          placeholder="Search"
          autocomplete="off"
          spellcheck={false}
          value={search.value}
          onInput={(event) => (search.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") search.value = "";
            if (event.key === "ArrowDown") move(event, 1);
          }}
        />
        <kbd aria-hidden="true">/</kbd>
      </div>
      <div
        class="lists"
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") move(event, 1);
          if (event.key === "ArrowUp") move(event, -1);
        }}
      >
        {GROUPS.map(([sorts, label]) => (
          <Group key={label} label={label} components={all.filter((one) => sorts.includes(one.sort))} />
        ))}
        {link.value === "there" && !all.length && (
          <p class="quiet">{components.value.length ? "Nothing of that name." : "This server offers nothing yet."}</p>
        )}
      </div>
    </nav>
  );
}

function Group({ label, components }: { label: string; components: Component[] }) {
  const [most, setMost] = useState(AT_ONCE);
  if (!components.length) return null;
  const wanted = chosen.value;
  return (
    <section>
      <h2>
        {label} <span class="quiet">{components.length.toLocaleString("en")}</span>
      </h2>
      <ul>
        {components.slice(0, most).map((one) => {
          const here = wanted?.sort === one.sort && wanted.id === one.id;
          return (
            <li key={`${one.sort} ${one.id}`} class={here ? "here" : undefined}>
              <a href={address(one)} aria-current={here ? "page" : undefined}>
                {short(one.name, 100)}
              </a>
              <span>{summary(text(one.entry["title"]) ?? text(one.entry["description"]))}</span>
            </li>
          );
        })}
      </ul>
      {components.length > most && (
        <button type="button" class="small" onClick={() => setMost(most * 2)}>
          Show more of {components.length.toLocaleString("en")}
        </button>
      )}
    </section>
  );
}

/** From one link to the next. */
function move(event: KeyboardEvent, by: number): void {
  const links = [...document.querySelectorAll<HTMLElement>("nav .lists a")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  event.preventDefault();
  if (at + by < 0) document.getElementById("search")?.focus();
  else links[Math.min(at + by, links.length - 1)]?.focus();
}
