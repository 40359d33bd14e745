// What the page knows of the server, and how it keeps knowing it.
import { batch, computed, signal } from "@preact/signals";
import { isObject, list, member, text, type Json, type Members } from "./json";
import { Failure, entries, request, type Ways } from "./protocol";

export type Sort = "tool" | "resource" | "template" | "prompt";

export interface Component {
  sort: Sort;
  /** What it is called by: a name, or a URI. */
  id: string;
  name: string;
  entry: Members;
  /** In lower case, for the search. */
  words: string;
}

export interface Server {
  name: string;
  title: string;
  version: string;
  about: string | undefined;
  website: string | undefined;
  instructions: string | undefined;
  capabilities: Members;
}

export type Link = "connecting" | "there" | "gone" | "locked" | "refused";

export const server = signal<Server | undefined>(undefined);
export const components = signal<Component[]>([]);
export const link = signal<Link>("connecting");
/** Why there is no server to be seen. */
export const trouble = signal("");
/** Kept here and nowhere else: a reload forgets it. */
export const token = signal("");
export const search = signal("");
/** What is announced to whoever does not see the page. */
export const announced = signal("");

const here = signal(location.hash);
addEventListener("hashchange", () => (here.value = location.hash));

export const address = (component: Pick<Component, "sort" | "id">) => `#/${component.sort}/${encodeURIComponent(component.id)}`;

/** What the address names, whether or not the server has it. */
export const chosen = computed(() => {
  const found = /^#\/(tool|resource|template|prompt)\/(.+)$/.exec(here.value);
  if (!found) return undefined;
  try {
    return { sort: found[1] as Sort, id: decodeURIComponent(found[2] ?? "") };
  } catch {
    return undefined;
  }
});

export const selected = computed(() => {
  const wanted = chosen.value;
  return wanted && components.value.find((one) => one.sort === wanted.sort && one.id === wanted.id);
});

export const found = computed(() => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  return words.length ? components.value.filter((one) => words.every((word) => one.words.includes(word))) : components.value;
});

export const can = (capability: string) => isObject(server.value?.capabilities[capability]);

export const ways = (more: Ways = {}): Ways => ({ token: token.value || undefined, ...more });

const LISTS: { sort: Sort; capability: string; method: string; member: string; id: string }[] = [
  { sort: "tool", capability: "tools", method: "tools/list", member: "tools", id: "name" },
  { sort: "resource", capability: "resources", method: "resources/list", member: "resources", id: "uri" },
  { sort: "template", capability: "resources", method: "resources/templates/list", member: "resourceTemplates", id: "uriTemplate" },
  { sort: "prompt", capability: "prompts", method: "prompts/list", member: "prompts", id: "name" },
];

async function discover(): Promise<void> {
  const result = await request("server/discover", {}, ways());
  const meta = member(result["_meta"], "io.modelcontextprotocol/serverInfo");
  const name = text(member(meta, "name")) ?? "MCP server";
  const capabilities = isObject(result["capabilities"]) ? result["capabilities"] : {};
  server.value = {
    name,
    title: text(member(meta, "title")) ?? name,
    version: text(member(meta, "version")) ?? "",
    about: text(member(meta, "description")),
    website: text(member(meta, "websiteUrl")),
    instructions: text(result["instructions"]),
    capabilities,
  };
}

async function load(changed: (capability: string) => boolean = () => true): Promise<void> {
  const wanted = LISTS.filter((one) => can(one.capability) && changed(one.capability));
  const lists = await Promise.all(wanted.map((one) => entries(one.method, one.member, ways())));
  const fresh = wanted.flatMap((one, at) => (lists[at] ?? []).map((entry) => component(one.sort, one.id, entry)));
  const kept = components.value.filter((old) => can(capabilityOf(old.sort)) && !wanted.some((one) => one.sort === old.sort));
  const order = LISTS.map((one) => one.sort);
  components.value = [...kept, ...fresh].sort((a, b) => order.indexOf(a.sort) - order.indexOf(b.sort));
}

const capabilityOf = (sort: Sort) => LISTS.find((one) => one.sort === sort)?.capability ?? "";

function component(sort: Sort, key: string, entry: Members): Component {
  const id = text(entry[key]) ?? "";
  const name = text(entry["name"]) ?? id;
  const tags = list(member(member(entry["_meta"], "fastmcp"), "tags")).join(" ");
  const words = [id, name, text(entry["title"]), text(entry["description"])?.slice(0, 2000), tags].join(" ").toLowerCase();
  return { sort, id, name, entry, words };
}

/** Connects, and connects again whenever the server was gone. Never ends. */
export async function live(): Promise<void> {
  for (let wait = 500; ; ) {
    try {
      await discover();
      await load();
      batch(() => {
        if (link.value === "gone") announced.value = "The server is back.";
        link.value = "there";
        trouble.value = "";
      });
      wait = 500;
      await listen();
    } catch (error) {
      lost(error);
    }
    if (link.value === "locked" || link.value === "refused") await again.promise();
    else await Promise.race([again.promise(), new Promise((go) => setTimeout(go, wait))]);
    wait = Math.min(wait * 2, 5000);
  }
}

/** Takes note of what a failure says about the server itself. */
export function lost(error: unknown): void {
  if (!(error instanceof Failure)) {
    if (error instanceof Error && error.name !== "AbortError") {
      link.value = "refused";
      trouble.value = error.message;
    }
    return;
  }
  if (error.isGone) {
    if (link.value !== "gone") announced.value = "The server does not answer.";
    link.value = "gone";
    again.call();
  } else if (error.status === 401) {
    link.value = "locked";
    trouble.value = token.value ? "This token is not accepted." : "";
    hang?.abort();
  } else if (link.value === "connecting" || link.value === "gone") {
    link.value = "refused";
    trouble.value = error.message;
  }
}

let hang: AbortController | undefined;

/** Hears of changes, for as long as the tab is looked at and the server is there. */
async function listen(): Promise<void> {
  const news: Members = {};
  for (const [capability, name] of [
    ["tools", "toolsListChanged"],
    ["prompts", "promptsListChanged"],
    ["resources", "resourcesListChanged"],
  ] as const) {
    if (member(server.value?.capabilities[capability], "listChanged") === true) news[name] = true;
  }
  // Without changes to hear of, failing calls are what tells that the server is gone.
  if (!Object.keys(news).length) return again.promise();
  for (;;) {
    if (document.hidden) {
      await new Promise((go) => document.addEventListener("visibilitychange", go, { once: true }));
      // Nobody told us meanwhile.
      await load();
      continue;
    }
    hang = new AbortController();
    const hide = () => document.hidden && hang?.abort();
    document.addEventListener("visibilitychange", hide);
    try {
      await request("subscriptions/listen", { notifications: news }, ways({ signal: hang.signal, onMessage: heard }));
      throw new Failure("The server ended.", 0);
    } catch (error) {
      if (!hang.signal.aborted) throw error;
      if (!document.hidden) return;
    } finally {
      document.removeEventListener("visibilitychange", hide);
    }
  }
}

let reading: Promise<void> = Promise.resolve();

function heard(method: string, _params: Json): void {
  const capability = /^notifications\/(tools|prompts|resources)\/list_changed$/.exec(method)?.[1];
  if (!capability) return;
  reading = reading
    .then(() => load((one) => one === capability))
    .then(() => void (announced.value = `The ${capability} have changed.`))
    .catch(lost);
}

/** Wakes whoever waits to try again. */
const again = (() => {
  let wake: (() => void)[] = [];
  return {
    promise: () => new Promise<void>((go) => wake.push(go)),
    call: () => {
      const all = wake;
      wake = [];
      all.forEach((go) => go());
    },
  };
})();

/** Tries again with a token, or with none. */
export function unlock(given: string): void {
  batch(() => {
    token.value = given.trim();
    link.value = "connecting";
  });
  hang?.abort();
  again.call();
}

export const retry = () => unlock(token.value);
