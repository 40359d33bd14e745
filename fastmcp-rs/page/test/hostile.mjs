// A server that means harm, or only says too much: its answers are made up here, the page and its headers are real.
import { choose, equal, ok, open, press, result, serve, shows, test, until } from "./kit.mjs";

const tool = (name, more = {}) => ({ name, description: "A tool.", inputSchema: { type: "object", properties: {} }, ...more });
const text = (text) => ({ content: [{ type: "text", text }] });

/** The page of a server that answers as `answers` says, by method. */
async function against(answers, options = {}) {
  const { url } = await serve("weather");
  const page = await open("about:blank", options);
  page.session = await page.context().newCDPSession(page);
  await page.session.send("Performance.enable");
  const foreign = [];
  await page.route("**/*", async (route) => {
    const request = route.request();
    if (request.method() !== "POST") {
      // Nothing else leaves the machine, nor the page's own address.
      if (!request.url().startsWith(url) && /^https?:/.test(request.url())) foreign.push(request.url());
      return route.continue();
    }
    const { id, method, params } = request.postDataJSON();
    const all = {
      "server/discover": () => ({
        supportedVersions: ["2026-07-28"],
        capabilities: { tools: {} },
        _meta: { "io.modelcontextprotocol/serverInfo": { name: "made-up", version: "1" } },
      }),
      ...answers,
    };
    const answer = await all[method]?.(params, request);
    if (answer?.status) return route.fulfill(answer);
    const json = (result) => JSON.stringify({ jsonrpc: "2.0", id, result: { resultType: "complete", ttlMs: 0, cacheScope: "private", ...result } });
    return route.fulfill({ contentType: "application/json", body: typeof answer === "string" ? answer : json(answer) });
  });
  await page.goto(url);
  page.foreign = foreign;
  return page;
}

const NASTY = [
  '<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)><iframe srcdoc="<script>alert(4)</script>"></iframe>',
  "[click](javascript:alert(5)) [data](data:text/html,<script>alert(6)</script>) <javascript:alert(7)> [v](vbscript:x) [j](JaVaScRiPt&colon;alert(8))",
  "![picture](http://127.0.0.2:9/pixel.png) ![p](javascript:alert(9)) [ref][r]\n\n[r]: javascript:alert(10)",
  "[tab](java\tscript:alert(11)) [nl](<java\nscript:alert(12)>) [sp]( javascript:alert(13))",
  "<style>body{display:none}</style><base href=//evil.example><meta http-equiv=refresh content='0;url=//evil.example'><form action=//evil.example><button>Call</button></form>",
  "| a | b |\n|---|---|\n| <b onclick=alert(14)>x</b> | [x](javascript:alert(15)) |",
];

test("nothing of a stranger's text runs, loads or is a link that runs", async () => {
  const nasty = NASTY.join("\n\n");
  const page = await against({
    "server/discover": () => ({
      capabilities: { tools: {}, prompts: {}, resources: {} },
      instructions: nasty,
      _meta: { "io.modelcontextprotocol/serverInfo": { name: NASTY[0], title: NASTY[1], version: NASTY[0], websiteUrl: "javascript:alert(20)", description: nasty } },
    }),
    "tools/list": () => ({
      tools: [
        tool("nasty", {
          description: nasty,
          title: NASTY[0],
          icons: [{ src: "javascript:alert(21)" }, { src: "http://127.0.0.2:9/icon.png" }],
          inputSchema: { type: "object", properties: { [NASTY[0]]: { type: "string", description: nasty, default: NASTY[0], enum: [NASTY[0], "b"] }, __proto__: { type: "string" } } },
          outputSchema: { type: "object", description: nasty, properties: { constructor: { type: "string", description: NASTY[0] } } },
          _meta: { fastmcp: { tags: [NASTY[0]] } },
        }),
      ],
    }),
    "resources/list": () => ({ resources: [{ uri: "javascript:alert(22)", name: NASTY[0], description: nasty, mimeType: NASTY[0] }] }),
    "resources/templates/list": () => ({ resourceTemplates: [] }),
    "prompts/list": () => ({ prompts: [{ name: "p", description: nasty, arguments: [{ name: NASTY[0], description: nasty }] }] }),
    "prompts/get": () => ({ description: nasty, messages: [{ role: NASTY[0], content: { type: "text", text: nasty } }] }),
    "tools/call": () => ({
      content: [
        { type: "text", text: nasty },
        { type: "resource_link", uri: "javascript:alert(23)", name: NASTY[0], description: nasty },
        { type: "resource", resource: { uri: "javascript:alert(24)", mimeType: "text/html", text: NASTY[0] } },
        { type: "resource", resource: { uri: "x:y", mimeType: "text/markdown", text: nasty } },
        { type: "image", mimeType: "image/svg+xml", data: btoa('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="alert(25)"><script>alert(26)</script><image href="http://127.0.0.2:9/in.svg"/></svg>') },
        { type: "image", mimeType: 'text/html,<script>alert(27)</script>"', data: "PHNjcmlwdD4=" },
        { type: "video", anything: NASTY[0] },
      ],
      structuredContent: { [NASTY[0]]: nasty, list: [{ a: NASTY[0] }, { a: NASTY[1] }] },
    }),
  });
  await page.getByRole("link", { name: "nasty", exact: true }).waitFor();
  const harmless = async (where) => {
    await page.waitForTimeout(50);
    equal(page.complaints, [], `${where}: the console`);
    equal(page.foreign, [], `${where}: what was loaded from elsewhere`);
    const bad = await page.evaluate(() => ({
      links: [...document.querySelectorAll("a[href]")].map((one) => one.protocol).filter((one) => !["http:", "https:", "mailto:"].includes(one)),
      elements: [...document.querySelectorAll("iframe, object, embed, base, style, body script, form[action], main svg, [onclick], [onerror], [onload]")].map((one) => one.outerHTML.slice(0, 80)),
      pictures: [...document.images].map((one) => one.src.slice(0, 5)).filter((one) => one !== "data:"),
    }));
    equal(bad, { links: [], elements: [], pictures: [] }, where);
  };
  await harmless("the overview");
  await choose(page, "nasty");
  await harmless("the tool");
  for (const label of ["Copy as", "Input schema", "Output schema"]) await page.locator("summary", { hasText: label }).click();
  await press(page, "Call");
  await result(page).waitFor();
  await shows(result(page), "<script>alert(1)</script>");
  await harmless("the result");
  for (const link of await page.getByRole("link").evaluateAll((all) => all.filter((one) => one.target).map((one) => one.rel))) equal(link, "noopener noreferrer");
  await page.getByRole("navigation").getByRole("link").nth(1).click();
  await harmless("the resource");
  await choose(page, "p");
  await press(page, "Get");
  await result(page).waitFor();
  await harmless("the prompt");
});

test("characters that hide or turn the direction are spelled out", async () => {
  const name = "safe\u202egpj.exe\u200b\u0007\u2066";
  const page = await against({
    "tools/list": () => ({ tools: [tool(name, { description: "a\u202eb\u0000c\u{e0041} 👩‍💻" })] }),
    "tools/call": () => text("x\u001b[2Jy\u2028z\ud800 \u0085 👩‍💻 tab\there"),
  });
  const link = page.getByRole("navigation").getByRole("link");
  equal(await link.first().textContent(), "safe⟨202E⟩gpj.exe⟨200B⟩⟨0007⟩⟨2066⟩");
  await link.first().click();
  await shows(page.getByRole("main"), "a⟨202E⟩b");
  await shows(page.getByRole("main"), "👩‍💻");
  await press(page, "Call");
  await shows(result(page), "x⟨001B⟩[2Jy⟨2028⟩z");
  await shows(result(page), "👩‍💻 tab\there");
  const hidden = await page.evaluate(() => /[\u202a-\u202e\u2066-\u2069\u200b\u0007\u0000\u001b]/.test(document.body.innerText + document.title));
  ok(!hidden, "a hidden character is in the page");
  equal(page.complaints, []);
});

test("texts of a mebibyte are cut in view, and saved whole", async () => {
  const long = "long ".repeat(210_000);
  const page = await against({
    "server/discover": () => ({ capabilities: { tools: {} }, instructions: long, _meta: { "io.modelcontextprotocol/serverInfo": { name: long, version: long } } }),
    "tools/list": () => ({ tools: [tool("long", { description: long, title: long, inputSchema: { type: "object", properties: { [long]: { type: "string", description: long }, a: { type: "string", pattern: "(a+)+$" } } } })] }),
    "tools/call": () => text(long),
  });
  await choose(page, "long");
  await press(page, "Call");
  await shows(result(page), "more characters.");
  const shown = await page.evaluate(() => document.body.textContent.length);
  ok(shown < 200_000, `${shown} characters are shown`);
  const saving = page.waitForEvent("download");
  await result(page).getByRole("button", { name: "Download" }).click();
  const stream = await (await saving).createReadStream();
  let size = 0;
  for await (const piece of stream) size += piece.length;
  equal(size, long.length, "what was saved");
  equal(page.complaints, []);
});

test("Markdown made to take for ever does not", async () => {
  const deep = [">".repeat(50_000), "[".repeat(50_000), "*a_".repeat(20_000), "- ".repeat(20_000), "`".repeat(50_000), "<".repeat(50_000), "![".repeat(20_000), "a**b".repeat(10_000), "|".repeat(30_000) + "\n|-", "1. ".repeat(9000), "&#".repeat(20_000), "[a](".repeat(9000), "\n\t".repeat(20_000), "(a ".repeat(9000)];
  const page = await against({ "tools/list": () => ({ tools: deep.map((description, at) => tool(`deep${at}`, { description })) }) });
  await page.getByRole("link", { name: "deep0", exact: true }).waitFor();
  for (let at = 0; at < deep.length; at++) {
    const took = await page.evaluate(async (at) => {
      const begun = performance.now();
      location.hash = `#/tool/deep${at}`;
      await new Promise((go) => {
        const look = () => (document.querySelector("h1")?.textContent === `deep${at}` ? go() : setTimeout(look, 5));
        look();
      });
      return performance.now() - begun;
    }, at);
    ok(took < 5000, `${deep[at].slice(0, 6)}… took ${Math.round(took)} ms`);
  }
  equal(page.complaints, []);
});

test("ten thousand tools can be looked through", async () => {
  const tools = Array.from({ length: 10_000 }, (_, at) => tool(`tool_${at}`));
  const page = await against({
    "tools/list": ({ cursor }) => {
      const from = Number(cursor ?? 0);
      return { tools: tools.slice(from, from + 1000), ...(from + 1000 < tools.length ? { nextCursor: String(from + 1000) } : {}) };
    },
  });
  await shows(page.getByRole("navigation"), "10,000");
  await shows(page.getByRole("main"), "are many to choose from");
  ok((await page.getByRole("navigation").getByRole("link").count()) <= 500, "all are shown at once");
  await page.getByRole("searchbox").fill("tool_9876");
  await choose(page, "tool_9876");
  await page.getByRole("searchbox").fill("");
  await page.getByRole("button", { name: /Show more/ }).click();
  await page.getByRole("link", { name: "tool_900", exact: true }).waitFor();
  equal(page.complaints, []);
});

test("five hundred tools are shown, and how long that took is said", async () => {
  const tools = Array.from({ length: 500 }, (_, at) =>
    tool(`tool_${at}`, { description: `Does the thing number ${at}, **well**.`, inputSchema: { type: "object", properties: { a: { type: "string", description: "One." }, b: { type: "integer", minimum: 0 } } } }),
  );
  const page = await against({ "tools/list": () => ({ tools }) });
  await page.getByRole("link", { name: "tool_499", exact: true }).waitFor();
  equal(await page.getByRole("navigation").getByRole("link").count(), 500);
  const { metrics } = await page.session.send("Performance.getMetrics");
  const of = (name) => Math.round(metrics.find((one) => one.name === name).value * 1000);
  console.log(`     500 tools: ${of("ScriptDuration")} ms of scripting, ${of("LayoutDuration")} ms of layout, ${of("RecalcStyleDuration")} ms of style`);
  equal(page.complaints, []);
});

test("schemas that the form does not understand get JSON, and strange ones break nothing", async () => {
  const schemas = {
    either: { type: "object", properties: { it: { anyOf: [{ type: "string" }, { type: "object", properties: { a: { type: "integer" } } }] } } },
    whole: { type: "object", oneOf: [{ required: ["a"] }, { required: ["b"] }] },
    recursive: { type: "object", properties: { tree: { $ref: "#/$defs/T" } }, $defs: { T: { type: "object", properties: { next: { $ref: "#/$defs/T" }, n: { type: "integer" } } } } },
    loop: { type: "object", properties: { a: { $ref: "#/$defs/A" } }, $defs: { A: { $ref: "#/$defs/A" } } },
    lost: { type: "object", properties: { a: { $ref: "#/$defs/none" }, b: { $ref: "https://evil.example/schema.json" } } },
    broken: { type: "object", properties: { a: { type: "string", pattern: "(" }, b: true, c: 5, d: null, e: { type: ["string", "integer"] }, f: { type: "strange" }, g: { enum: [] } } },
  };
  const page = await against({
    "tools/list": () => ({ tools: [...Object.entries(schemas).map(([name, inputSchema]) => tool(name, { inputSchema })), { name: "bare" }, { name: 5 }, null] }),
    "tools/call": (params) => text(JSON.stringify(params.arguments)),
  });
  const given = async (name, label, typed, wanted) => {
    await choose(page, name);
    await page.getByLabel(label, { exact: true }).fill(typed);
    await press(page, "Call");
    await shows(result(page), JSON.stringify(wanted));
  };
  await given("either", "it", '{"a": 5}', { it: { a: 5 } });
  await given("whole", "JSON", '{"b": [1]}', { b: [1] });
  await given("lost", "a", "[null]", { a: [null] });
  await given("broken", "e", '"x"', { e: "x" });
  await given("loop", "a", "1", { a: 1 });
  await given("bare", "JSON", "{}", {});
  await choose(page, "recursive");
  await press(page, "Fill in next");
  await press(page, "Fill in next");
  await until(async () => JSON.parse(await page.getByLabel("JSON", { exact: true }).inputValue()), { tree: { next: { next: { next: {} } } } });
  equal(page.complaints, []);
});

test("nested objects, lists, maps, dates and choices are asked for", async () => {
  const properties = {
    point: { type: "object", properties: { x: { type: "number" }, y: { type: "number" } }, required: ["x"] },
    words: { type: "array", items: { type: "string" } },
    counts: { type: "object", additionalProperties: { type: "integer" } },
    day: { type: "string", format: "date" },
    sizes: { type: "array", items: { enum: ["s", "m", "l"] }, uniqueItems: true },
    level: { oneOf: [{ const: 1, title: "low" }, { const: 2, title: "high" }] },
    maybe: { anyOf: [{ type: "integer" }, { type: "null" }] },
    secret: { type: "string", writeOnly: true },
  };
  const page = await against({
    "tools/list": () => ({ tools: [tool("all", { inputSchema: { type: "object", properties, required: ["point"] } })] }),
    "tools/call": (params) => text(JSON.stringify(params.arguments)),
  });
  await choose(page, "all");
  await page.getByRole("group", { name: "point" }).getByLabel("x", { exact: true }).fill("1.5");
  await press(page, "Add to words");
  await page.getByLabel("words 1").fill("one");
  await press(page, "Add to words");
  await page.getByLabel("words 2").fill("two");
  await press(page, "Remove words 1");
  await page.getByLabel("counts: a new key").fill("k");
  await press(page, "Add to counts");
  await page.getByLabel("k", { exact: true }).fill("7");
  await page.getByLabel("day").fill("2026-11-25");
  await page.getByRole("group", { name: "sizes" }).getByLabel("m", { exact: true }).check();
  await page.getByLabel("level").selectOption({ label: "high" });
  await page.getByLabel("maybe").fill("-3");
  equal(await page.getByLabel("secret").getAttribute("type"), "password");
  await page.getByLabel("secret").fill("hush");
  await press(page, "Call");
  await shows(result(page), JSON.stringify({ point: { x: 1.5 }, words: ["two"], counts: { k: 7 }, day: "2026-11-25", sizes: ["m"], level: 2, maybe: -3, secret: "hush" }));
  ok(!(await page.getByRole("region", { name: "History" }).locator("code.quiet").first().textContent()).includes("hush"), "the history tells the secret");
  equal(page.complaints, []);
});

test("a token is asked for, sent, kept in memory alone, and forgotten", async () => {
  const answer = (result) => (_, request) =>
    request.headers()["authorization"] === "Bearer open sesame"
      ? result
      : { status: 401, headers: { "WWW-Authenticate": "Bearer" }, contentType: "application/json", body: '{"error":"unauthorized"}' };
  const page = await against({
    "server/discover": answer({ capabilities: { tools: {} }, _meta: { "io.modelcontextprotocol/serverInfo": { name: "guarded", version: "1" } } }),
    "tools/list": answer({ tools: [tool("inside")] }),
    "tools/call": answer(text("in")),
  });
  const field = page.getByLabel("token");
  await field.fill("wrong");
  await field.press("Enter");
  await shows(page.getByRole("alert"), "This token is not accepted.");
  await field.fill("open sesame");
  await field.press("Enter");
  await choose(page, "inside");
  await press(page, "Call");
  await shows(result(page), "in");
  await page.getByText("Copy as").click();
  ok(!(await page.evaluate(() => document.documentElement.outerHTML + JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie)).includes("sesame"), "the token is in the page");
  await page.reload();
  await field.waitFor();
  await field.fill("open sesame");
  await field.press("Enter");
  await page.getByRole("link", { name: "inside", exact: true }).waitFor();
  await press(page, "Forget the token");
  await field.waitFor();
});

test("addresses to visit and folders are asked about, and only the web is opened", async () => {
  const asks = (question) => ({ resultType: "input_required", requestState: "s", inputRequests: { q: question } });
  const visit = (url) => asks({ method: "elicitation/create", params: { mode: "url", message: "Please sign in", url, elicitationId: "1" } });
  const page = await against({
    "tools/list": () => ({ tools: [tool("web"), tool("script"), tool("roots"), tool("odd")] }),
    "tools/call": ({ name, inputResponses, requestState }) => {
      if (inputResponses) return text(`${requestState} ${JSON.stringify(inputResponses.q)}`);
      return { web: visit(new URL("/?a", page.url()).href), script: visit("javascript:alert(1)"), roots: asks({ method: "roots/list" }), odd: asks({ method: "odd/method" }) }[name];
    },
  });
  const dialog = page.getByRole("dialog");
  await choose(page, "web");
  await press(page, "Call");
  await shows(dialog, new URL("/?a", page.url()).href);
  const opened = page.context().waitForEvent("page");
  await dialog.getByRole("button", { name: "Accept" }).click();
  const tab = await opened;
  ok(!(await tab.evaluate(() => window.opener)), "the new tab reaches this one");
  await tab.close();
  await shows(result(page), 's {"action":"accept"}');
  await choose(page, "script");
  await press(page, "Call");
  await shows(dialog, "no address that a browser should open");
  ok(await dialog.getByRole("button", { name: "Accept" }).isDisabled(), "it can be accepted");
  await dialog.getByRole("button", { name: "Decline" }).click();
  await shows(result(page), 's {"action":"decline"}');
  await choose(page, "roots");
  await press(page, "Call");
  await dialog.getByLabel("roots").fill("/home/ada\nfile:///tmp");
  await dialog.getByRole("button", { name: "Accept" }).click();
  await shows(result(page), 's {"roots":[{"uri":"file:///home/ada"},{"uri":"file:///tmp"}]}');
  await choose(page, "odd");
  await press(page, "Call");
  await shows(dialog, "does not know how to answer");
  await dialog.getByRole("button", { name: "Decline" }).click();
  await shows(result(page), "Cancelled");
  equal(page.complaints, []);
});

test("answers that are no answers are told as they are", async () => {
  const page = await against({
    "tools/list": () => ({ tools: ["plain", "error", "busy", "kind", "cut"].map((name) => tool(name)) }),
    "tools/call": ({ name }) =>
      ({
        plain: { status: 413, contentType: "text/plain", body: "a message may have at most 4194304 bytes" },
        error: '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Bad params","data":{"why":"so"}}}',
        busy: { status: 503, headers: { "Retry-After": "7" }, contentType: "text/plain", body: "too many calls" },
        kind: { isError: true, content: [{ type: "text", text: "slow down" }], _meta: { "fastmcp-rs/error": { code: "rate_limited", retryable: true, retry_after: 12 } } },
        cut: { status: 200, contentType: "text/event-stream", body: ": hello\n\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n\n" },
      })[name],
  });
  for (const [name, ...said] of [
    ["plain", "at most 4194304 bytes", "HTTP status 413"],
    ["error", "Bad params", "code -32602"],
    ["busy", "too many calls", "try again after 7 s"],
    ["kind", "rate_limited", "slow down", "after 12 s"],
    ["cut", "The connection ended before the answer came."],
  ]) {
    await choose(page, name);
    await press(page, "Call");
    for (const part of said) await shows(result(page), part);
  }
});
