// What people do with the example servers.
import { createServer } from "node:net";
import { join } from "node:path";
import { choose, equal, ok, open, press, result, scratch, serve, shows, test, until } from "./kit.mjs";

const todo = async () => serve("todo", { env: { TODO_DB: join(await scratch(), "todo.json") } });
const quiet = (page) => equal(page.complaints, [], "the console");

test("everything that a server offers is listed by its name, and found by search", async () => {
  const { url } = await serve("weather");
  const page = await open(url);
  for (const name of ["get_forecast", "get_temperature", "current", "packing"]) await page.getByRole("link", { name, exact: true }).waitFor();
  await shows(page.getByRole("main"), "Weather for the cities of the world.");
  equal(await page.title(), "weather");
  const search = page.getByRole("searchbox", { name: "Search" });
  await page.keyboard.press("/");
  ok(await search.evaluate((one) => one === document.activeElement), "the search has the focus");
  await search.fill("how warm");
  await page.getByRole("link", { name: "packing", exact: true }).waitFor({ state: "detached" });
  equal(await page.getByRole("navigation").getByRole("link").allTextContents(), ["get_temperature"]);
  await search.fill("nothing like it");
  await shows(page.getByRole("navigation"), "Nothing of that name.");
  await search.press("Escape");
  await page.getByRole("link", { name: "packing", exact: true }).waitFor();
  quiet(page);
});

test("a browser that opens the endpoint comes to the page", async () => {
  const { url } = await serve("weather");
  const page = await open(`${url}mcp`);
  equal(page.url(), url);
  await page.getByRole("link", { name: "packing", exact: true }).waitFor();
  quiet(page);
});

test("a tool is called with the form, and its result is a tree and a table", async () => {
  const { url } = await todo();
  const page = await open(url);
  await choose(page, "create_todo");
  await page.getByLabel("title").fill("Buy milk");
  await press(page, "Call");
  await shows(result(page), "Buy milk");
  await page.getByLabel("title").fill("Walk the dog");
  await page.getByLabel("description").fill("twice");
  await press(page, "Call");
  await shows(result(page), "twice");
  await shows(page.getByRole("status"), "Result of create_todo");
  await choose(page, "list_todos");
  await press(page, "Call");
  const table = result(page).getByRole("table");
  await table.waitFor();
  equal(await table.getByRole("columnheader").allTextContents(), ["id", "title", "done", "description"]);
  equal(await table.getByRole("row").count(), 3);
  quiet(page);
});

test("faults are shown at the field, and the server says them as well", async () => {
  const { url } = await todo();
  const page = await open(url);
  await choose(page, "set_todo_status");
  await page.getByLabel("todo_id").fill("0");
  await press(page, "Call");
  await shows(result(page), "at least 1");
  await shows(result(page), "invalid_params");
  await until(() => page.getByLabel("todo_id").getAttribute("aria-invalid"), "true");
  await page.getByLabel("todo_id").fill("77");
  await page.getByLabel("done").check();
  await press(page, "Call");
  await shows(result(page), "not_found");
  await shows(result(page), "there is no to-do with the number 77");
  quiet(page);
});

test("form and JSON are one, both ways, and no digit is lost", async () => {
  const { url } = await todo();
  const page = await open(url);
  await choose(page, "set_todo_status");
  const json = page.getByLabel("JSON", { exact: true });
  await page.getByLabel("todo_id").fill("18446744073709551615");
  await until(() => json.inputValue(), '{\n  "todo_id": 18446744073709551615\n}');
  await json.fill('{ "todo_id": 3, "done": true }');
  await until(() => page.getByLabel("todo_id").inputValue(), "3");
  ok(await page.getByLabel("done").isChecked(), "done is checked");
  equal(await json.inputValue(), '{ "todo_id": 3, "done": true }', "what is typed stays as it is");
  await json.fill('{ "todo_id": ');
  await shows(page.getByRole("alert"), "Not JSON yet");
  await page.getByLabel("todo_id").fill("4");
  await until(() => json.inputValue(), '{\n  "done": true,\n  "todo_id": 4\n}');
  quiet(page);
});

test("defaults are filled in, choices are a select, and what is left out is not sent", async () => {
  const { url } = await serve("weather");
  const page = await open(url);
  await choose(page, "get_temperature");
  equal(await page.getByLabel("unit").locator("option:checked").textContent(), "celsius");
  await page.getByLabel("unit").selectOption({ label: "fahrenheit" });
  await page.getByLabel("city").fill("Oslo");
  await page.getByLabel("city").press("Enter");
  await shows(result(page), "fahrenheit");
  await press(page, "Leave out unit");
  await until(() => page.getByLabel("JSON", { exact: true }).inputValue(), '{\n  "city": "Oslo"\n}');
  quiet(page);
});

test("progress and logs are shown while a call is under way", async () => {
  const { url } = await serve("conformance");
  const page = await open(url);
  await choose(page, "test_tool_with_progress");
  const bar = page.getByRole("progressbar");
  // It is there for a moment only.
  await page.evaluate(() => {
    window.seen = [];
    const look = () => document.querySelectorAll("progress").forEach((bar) => window.seen.push(`${bar.value} of ${bar.max}`));
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  await press(page, "Call");
  await shows(result(page), "Tool with progress completed.");
  await bar.waitFor({ state: "detached" });
  const seen = await page.evaluate(() => window.seen);
  ok(seen.includes("50 of 100"), `50 of 100 is not among ${[...new Set(seen)]}`);
  await choose(page, "test_tool_with_logging");
  await press(page, "Call");
  const logs = page.getByRole("region", { name: "Logs" });
  for (const line of ["Tool execution started", "Tool processing data", "Tool execution completed"]) await shows(logs, line);
  quiet(page);
});

test("a call is cancelled, and the server hears of it", async () => {
  const { url } = await serve("waiting");
  const page = await open(url);
  // The tool holds a connection for as long as it runs.
  const held = createServer();
  const called = new Promise((go) => held.once("connection", go));
  await new Promise((go) => held.listen(0, "127.0.0.1", go));
  await choose(page, "listen_to");
  await page.getByLabel("address").fill(`127.0.0.1:${held.address().port}`);
  await press(page, "Call");
  const connection = await called;
  await page.getByRole("progressbar").waitFor();
  const dropped = new Promise((go) => connection.resume().once("close", go));
  await press(page, "Cancel");
  await shows(result(page), "Cancelled");
  await dropped;
  held.close();
  await page.getByRole("button", { name: "Cancel", exact: true }).waitFor({ state: "detached" });
  quiet(page);
});

test("questions come in dialogs, one after the other, and are answered, declined and left", async () => {
  const { url } = await serve("elicitation");
  const page = await open(url);
  await choose(page, "order_coffee");
  await page.getByLabel("drink").fill("espresso");
  await press(page, "Call");
  const dialog = page.getByRole("dialog");
  await shows(dialog, "How would you like your espresso?");
  equal(await dialog.getByLabel("size").locator("option:checked").textContent(), "medium");
  await dialog.getByRole("button", { name: "Accept" }).click();
  await shows(dialog.getByRole("alert"), "name");
  await dialog.getByLabel("name").fill("Ada");
  await dialog.getByLabel("cups").fill("2");
  await dialog.getByRole("button", { name: "Accept" }).click();
  await shows(dialog, "Order 2 × Medium espresso for Ada?");
  const yes = dialog.getByRole("checkbox");
  if (await yes.count()) await yes.check();
  await dialog.getByRole("button", { name: "Accept" }).click();
  await shows(result(page), "Order 1: 2 × Medium espresso for Ada.");

  await press(page, "Call");
  await shows(dialog, "How would you like");
  await dialog.getByRole("button", { name: "Decline" }).click();
  await shows(result(page), "does not want coffee");
  await press(page, "Call");
  await shows(dialog, "How would you like");
  await page.keyboard.press("Escape");
  await shows(result(page), "did not answer");
  equal(await dialog.count(), 0);
  quiet(page);
});

test("a person can be the model", async () => {
  const { url } = await serve("conformance");
  const page = await open(url);
  await choose(page, "test_sampling");
  await page.getByLabel("prompt").fill("Say hello");
  await press(page, "Call");
  const dialog = page.getByRole("dialog");
  await shows(dialog, "Say hello");
  await dialog.getByLabel("answer").fill("Good day");
  await dialog.getByRole("button", { name: "Accept" }).click();
  await shows(result(page), "LLM response: Good day");
  await press(page, "Call");
  await dialog.getByRole("button", { name: "Decline" }).click();
  await shows(result(page), "Cancelled");
  quiet(page);
});

test("every choice that a question can have is asked for", async () => {
  const { url } = await serve("conformance");
  const page = await open(url);
  await choose(page, "test_elicitation_sep1330_enums");
  await press(page, "Call");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("untitledSingle", { exact: true }).selectOption({ label: "option2" });
  await dialog.getByLabel("titledSingle", { exact: true }).selectOption({ label: "Third Option" });
  await dialog.getByLabel("legacyEnum").selectOption({ label: "Option One" });
  await dialog.getByRole("group", { name: "untitledMulti", exact: true }).getByLabel("option3").check();
  await dialog.getByRole("group", { name: "titledMulti", exact: true }).getByLabel("First Choice").check();
  await dialog.getByRole("button", { name: "Accept" }).click();
  for (const part of ['"untitledSingle":"option2"', '"titledSingle":"value3"', '"legacyEnum":"opt1"', '"untitledMulti":["option3"]', '"titledMulti":["value1"]']) {
    await shows(result(page), part);
  }
  quiet(page);
});

test("pictures, sound and resources within a result are shown", async () => {
  const { url } = await serve("conformance");
  const page = await open(url);
  await choose(page, "test_multiple_content_types");
  await press(page, "Call");
  const picture = result(page).getByRole("img");
  await picture.waitFor();
  await page.waitForFunction(() => document.querySelector("main img")?.naturalWidth > 0);
  await shows(result(page), "test://mixed-content-resource");
  await choose(page, "test_audio_content");
  await press(page, "Call");
  await result(page).locator("audio").waitFor();
  await choose(page, "test_error_handling");
  await press(page, "Call");
  await shows(result(page), "intentionally returns an error");
  quiet(page);
});

test("an argument that belongs into a header is sent in one", async () => {
  const { url } = await serve("conformance");
  const page = await open(url);
  await choose(page, "test_custom_header");
  for (const value of ["plain", " with spaces ", "größer 🦀", "=?base64?x?="]) {
    await page.getByLabel("value").fill(value);
    const sent = page.waitForRequest((request) => request.headers()["mcp-method"] === "tools/call");
    await press(page, "Call");
    ok((await sent).headers()["mcp-param-value"], "the header is there");
    await page.waitForFunction((value) => document.querySelector("[aria-label=Result] pre")?.textContent.includes(value), `Value: ${value}`);
  }
  quiet(page);
});

test("a resource of a template is read with its variables, which are completed while they are typed", async () => {
  const { url } = await serve("weather");
  const page = await open(url);
  await choose(page, "current");
  const city = page.getByLabel("city");
  await city.fill("Os");
  await page.waitForFunction(() => [...document.querySelectorAll("datalist option")].some((one) => one.value === "Oslo"));
  await city.fill("Oslo");
  await shows(page.getByRole("main"), "weather://Oslo/current");
  await press(page, "Read");
  await result(page).getByRole("heading", { name: "Oslo" }).waitFor();
  await city.fill("São Paulo/x");
  await shows(page.getByRole("main"), "weather://S%C3%A3o%20Paulo%2Fx/current");
  quiet(page);
});

test("a prompt is messages", async () => {
  const { url } = await serve("weather");
  const page = await open(url);
  await choose(page, "packing");
  await page.getByLabel("city").fill("Oslo");
  await page.getByLabel("days").fill("5");
  await press(page, "Get");
  await shows(result(page), "I am going to Oslo for 5 days.");
  await shows(result(page), "assistant");
  quiet(page);
});

test("a call is repeated from the history, and written for other programs", async () => {
  const { url } = await serve("weather");
  const page = await open(url);
  await choose(page, "get_temperature");
  await page.getByLabel("city").fill("Oslo");
  await press(page, "Call");
  await shows(result(page), "Oslo");
  await choose(page, "packing");
  await press(page, "Repeat");
  await page.getByRole("heading", { level: 1, name: "get_temperature" }).waitFor();
  await shows(result(page), "Oslo");
  equal(await page.getByRole("button", { name: "Repeat" }).count(), 2);
  await page.getByText("Copy as").click();
  const shown = async (label) => {
    await press(page, label);
    return page.locator("details pre").first().textContent();
  };
  const curl = await shown("curl");
  ok(curl.includes(`${url}mcp`) && curl.includes('"city":"Oslo"') && curl.includes("Mcp-Name: get_temperature"), curl);
  equal(await shown("Command line"), "weather call get_temperature city=Oslo unit=celsius");
  const rust = await shown("Rust test");
  ok(rust.includes('server.call_tool("get_temperature", json!({ "city": "Oslo", "unit": "celsius" }))'), rust);
  equal(JSON.parse(await shown("Client configuration")).mcpServers.weather.url, `${url}mcp`);
  quiet(page);
});

test("what the model sees is the entry of the list, with its length", async () => {
  const { url } = await serve("weather");
  const page = await open(url);
  await choose(page, "get_forecast");
  const seen = page.getByRole("region", { name: "What the model sees" });
  const entry = JSON.parse(await seen.locator("pre").textContent());
  equal([entry.name, entry.inputSchema.properties.days.maximum], ["get_forecast", 14]);
  await shows(seen, `${JSON.stringify(entry).length.toLocaleString("en")} characters of JSON, about`);
  await page.getByText("Output schema").click();
  await shows(page.locator(".tree").first(), "Rain and snow, in millimetres.");
  quiet(page);
});

test("lists that change are read again by themselves", async () => {
  const { url } = await serve("conformance");
  const page = await open(url);
  await choose(page, "test_trigger_tool_change");
  const again = page.waitForRequest((request) => request.headers()["mcp-method"] === "tools/list");
  await press(page, "Call");
  await again;
  await shows(page.getByRole("status"), "The tools have changed.");
  quiet(page);
});

test("an address leads to its component, also after a reload", async () => {
  const { url } = await serve("weather");
  const page = await open(`${url}#/tool/get_forecast`);
  await page.getByRole("heading", { level: 1, name: "get_forecast" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "get_forecast" }).waitFor();
  await page.goto(`${url}#/tool/no_such_tool`);
  await shows(page.getByRole("main"), "does not offer this");
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "get_forecast" }).waitFor();
  quiet(page);
});

test("a server that goes away is missed, and found again", async () => {
  const server = await serve("weather");
  const page = await open(server.url);
  await choose(page, "get_temperature");
  await page.getByLabel("city").fill("Oslo");
  await server.stop();
  await shows(page.getByRole("main"), "The server does not answer.");
  await press(page, "Call");
  await shows(result(page), "The server does not answer.");
  await serve("weather", { port: server.port });
  await page.locator(".banner").waitFor({ state: "detached" });
  await press(page, "Call");
  await shows(result(page), "celsius");
  equal(await page.getByLabel("city").inputValue(), "Oslo");
});

test("the keyboard alone is enough", async () => {
  const { url } = await serve("weather");
  const page = await open(url);
  await page.getByRole("link", { name: "packing", exact: true }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("forecast");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "get_forecast" }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.type("Oslo");
  await page.keyboard.press("Control+Enter");
  await shows(result(page), "Oslo");
  quiet(page);
});

test("a server that asks for tokens is used with one, and says which scopes are missing", async () => {
  const tokens = "sk-test-reader-0001=ada:reader,notes:read;sk-test-editor-0001=bob:editor,notes:read,notes:write";
  const { url } = await serve("secure", { env: { MCP_AUTH_TOKENS: tokens } });
  const page = await open(url);
  const field = page.getByLabel("token");
  await field.fill("sk-test-nobody-0001");
  await field.press("Enter");
  await shows(page.getByRole("alert"), "This token is not accepted.");
  await field.fill("sk-test-reader-0001");
  await field.press("Enter");
  await choose(page, "whoami");
  await press(page, "Call");
  await shows(result(page), "ada (reader)");
  equal(await page.getByRole("link", { name: "delete_notes", exact: true }).count(), 0, "tools for a role that ada does not have");
  await choose(page, "add_note");
  await shows(page.getByRole("list", { name: "Properties" }), "needs notes:write");
  await page.getByLabel("text").fill("hello");
  await press(page, "Call");
  await shows(result(page), "notes:write");
  await press(page, "Forget the token");
  await field.fill("sk-test-editor-0001");
  await field.press("Enter");
  await choose(page, "add_note");
  await page.getByLabel("text").fill("hello");
  await press(page, "Call");
  await shows(result(page), "1");
  await page.getByRole("link", { name: "delete_notes", exact: true }).waitFor();
  ok(page.complaints.every((said) => /401|403/.test(said)), `the console says ${page.complaints}`);
});
