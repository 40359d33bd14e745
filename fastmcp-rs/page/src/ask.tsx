// Questions of the server, each in a dialog of its own, one after the other.
import { signal } from "@preact/signals";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Fields, JsonBox } from "./form";
import { safeLink, short, visible } from "./harmless";
import { isObject, list, member, text, type Json, type Members } from "./json";
import { faults, initial } from "./schema";
import { server } from "./state";

interface Question {
  method: string;
  params: Members;
  reply: (answer: Json) => void;
  refuse: (why: Error) => void;
}

const asked = signal<Question[]>([]);

/** Asks the person; what comes back is the answer in the protocol's words. */
export function answer(question: Members, abort?: AbortSignal): Promise<Json> {
  const method = text(question["method"]) ?? "";
  const params = isObject(question["params"]) ? question["params"] : {};
  return new Promise<Json>((reply, refuse) => {
    const one: Question = { method, params, reply, refuse };
    asked.value = [...asked.value, one];
    abort?.addEventListener("abort", () => {
      asked.value = asked.value.filter((other) => other !== one);
      refuse(new DOMException("Cancelled", "AbortError"));
    });
  });
}

export function Questions() {
  const question = asked.value[0];
  return question ? <Dialog key={number(question)} question={question} /> : null;
}

const numbers = new WeakMap<Question, number>();
let last = 0;
const number = (question: Question) => {
  if (!numbers.has(question)) numbers.set(question, ++last);
  return numbers.get(question);
};

function Dialog({ question }: { question: Question }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => before instanceof HTMLElement && before.focus();
  }, []);
  const done = (act: () => void) => {
    dialog.current?.close();
    asked.value = asked.value.filter((other) => other !== question);
    act();
  };
  const reply = (answer: Json) => done(() => question.reply(answer));
  const refuse = () => done(() => question.refuse(new DOMException("Cancelled", "AbortError")));
  const elicits = question.method === "elicitation/create";
  const leave = () => (elicits ? reply({ action: "cancel" }) : refuse());
  const who = short(server.value?.title ?? "The server", 60);
  const body = () => {
    if (elicits && question.params["mode"] === "url") return <Visit question={question} reply={reply} leave={leave} />;
    if (elicits) return <Form question={question} reply={reply} leave={leave} />;
    if (question.method === "sampling/createMessage") return <Sample question={question} reply={reply} refuse={refuse} />;
    if (question.method === "roots/list") return <Roots reply={reply} />;
    return <Unknown question={question} refuse={refuse} />;
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        leave();
      }}
    >
      <h2 id={id}>{TITLES[question.method] ?? "A question"}</h2>
      <p class="quiet">{who} asks during the call. It sees your answer, so give nothing secret.</p>
      {body()}
    </dialog>
  );
}

const TITLES: Record<string, string> = {
  "elicitation/create": "A question for you",
  "sampling/createMessage": "A question for a model",
  "roots/list": "Which folders may it know?",
};

interface Answering {
  question: Question;
  reply: (answer: Json) => void;
  leave: () => void;
}

function Message({ of }: { of: Question }) {
  const message = text(of.params["message"]) ?? "";
  return <p class="plain message">{visible(message.slice(0, 10_000))}</p>;
}

function Form({ question, reply, leave }: Answering) {
  const schema = isObject(question.params["requestedSchema"]) ? question.params["requestedSchema"] : {};
  const [value, setValue] = useState<Members>(() => {
    const first = initial(schema, schema);
    return isObject(first) ? first : {};
  });
  const [tried, setTried] = useState(false);
  const wrong = faults(schema, value);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (!wrong.size) reply({ action: "accept", content: value });
      }}
    >
      <Message of={question} />
      <Fields schema={schema} root={schema} value={value} change={setValue} faults={tried ? wrong : new Map()} />
      {tried && wrong.size > 0 && (
        <p class="fault" role="alert">
          {[...wrong].slice(0, 5).map(([at, why]) => `${short(at.slice(1)) || "The answer"}: ${short(why)}`).join(" ")}
        </p>
      )}
      <div class="actions">
        <button class="main">Accept</button>
        <button type="button" onClick={() => reply({ action: "decline" })}>
          Decline
        </button>
        <button type="button" class="link" onClick={leave}>
          Not now
        </button>
      </div>
    </form>
  );
}

function Visit({ question, reply, leave }: Answering) {
  const link = text(question.params["url"]) ?? "";
  const safe = safeLink(link);
  return (
    <>
      <Message of={question} />
      <p>It wants you to visit</p>
      <p class="plain message">
        <code>{visible(link.slice(0, 2000))}</code>
      </p>
      {!safe && <p class="fault">This is no address that a browser should open.</p>}
      <p class="quiet">Accept only if you know where this leads. It opens in a tab of its own.</p>
      <div class="actions">
        <button
          class="main"
          disabled={!safe}
          onClick={() => {
            if (safe) window.open(safe, "_blank", "noopener,noreferrer");
            reply({ action: "accept" });
          }}
        >
          Accept<span class="unseen"> and open</span>
        </button>
        <button onClick={() => reply({ action: "decline" })}>Decline</button>
        <button class="link" onClick={leave}>
          Not now
        </button>
      </div>
    </>
  );
}

function Sample({ question, reply, refuse }: { question: Question; reply: (answer: Json) => void; refuse: () => void }) {
  const id = useId();
  const [said, setSaid] = useState("");
  const system = text(question.params["systemPrompt"]);
  const most = question.params["maxTokens"];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        reply({ role: "assistant", content: { type: "text", text: said }, model: "a person, by hand", stopReason: "endTurn" });
      }}
    >
      {system && <p class="plain message">{visible(system.slice(0, 10_000))}</p>}
      {list(question.params["messages"])
        .slice(0, 50)
        .map((one) => (
          <p class="plain message">
            <b>{short(text(member(one, "role")) ?? "", 20)}</b> {visible((text(member([member(one, "content")].flat()[0], "text")) ?? "(no text)").slice(0, 10_000))}
          </p>
        ))}
      <div class="field">
        <div class="head">
          <label for={id}>answer</label>
          {most !== undefined && <span class="marks">at most {short(String(most), 20)} tokens</span>}
        </div>
        <textarea id={id} rows={4} value={said} onInput={(event) => setSaid(event.currentTarget.value)} />
        <p class="quiet">No model is at hand here, so you are the model.</p>
      </div>
      <div class="actions">
        <button class="main">Accept</button>
        <button type="button" onClick={refuse}>
          Decline
        </button>
      </div>
    </form>
  );
}

function Roots({ reply }: { reply: (answer: Json) => void }) {
  const id = useId();
  const [typed, setTyped] = useState("");
  const uris = typed.split("\n").map((line) => line.trim()).filter(Boolean);
  const roots = uris.map((uri) => ({ uri: uri.startsWith("/") ? `file://${encodeURI(uri)}` : uri }));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        reply({ roots });
      }}
    >
      <div class="field">
        <div class="head">
          <label for={id}>roots</label>
        </div>
        <textarea id={id} class="code" rows={3} value={typed} placeholder="/home/me/project" onInput={(event) => setTyped(event.currentTarget.value)} />
        <p class="quiet">One path or file: URI on each line. Nothing is read here; the server is told the names.</p>
      </div>
      <div class="actions">
        <button class="main">Accept</button>
        <button type="button" onClick={() => reply({ roots: [] })}>
          Decline
        </button>
      </div>
    </form>
  );
}

function Unknown({ question, refuse }: { question: Question; refuse: () => void }) {
  return (
    <>
      <p>This page does not know how to answer it:</p>
      <JsonBox id="unknown" label="question" value={{ method: question.method, params: question.params }} change={() => undefined} rows={6} />
      <div class="actions">
        <button onClick={refuse}>Decline</button>
      </div>
    </>
  );
}
