// How it looks and how it sounds: both colour schemes, a phone's width, axe-core; and the pictures for the README and the book.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { choose, equal, ok, open, pictures, press, result, serve, shows, test } from "./kit.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true };

/** What axe-core finds serious. It is run in the page's own world, around the policy that keeps strangers out. */
async function findings(page) {
  const session = await page.context().newCDPSession(page);
  const run = `${axe}; axe.run(document, { resultTypes: ["violations"] }).then((found) => JSON.stringify(found.violations
    .filter((one) => ["serious", "critical"].includes(one.impact)).map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 120))])))`;
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", { expression: run, awaitPromise: true, returnByValue: true });
  if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
  return JSON.parse(result.value);
}

/** Nothing sticks out to the side. */
async function fits(page) {
  const wide = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  ok(wide[0] <= wide[1], `the page is ${wide[0]} wide in a window of ${wide[1]}`);
}

for (const [look, options] of [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["a phone in the light", { ...PHONE, colorScheme: "light" }],
  ["a phone in the dark", { ...PHONE, colorScheme: "dark" }],
]) {
  test(`axe-core finds nothing serious: ${look}`, async () => {
    const weather = await serve("weather");
    const page = await open(weather.url, options);
    const well = async (where) => {
      await fits(page);
      equal(await findings(page), [], where);
    };
    await page.getByRole("link", { name: "packing", exact: true }).waitFor();
    await well("the overview");
    await choose(page, "get_forecast");
    await well("a tool");
    await page.getByLabel("days").fill("99");
    await press(page, "Call");
    await result(page).waitFor();
    await well("an error");
    await page.getByLabel("city").fill("Oslo");
    await page.getByLabel("days").fill("3");
    await press(page, "Call");
    await shows(page.getByRole("region", { name: "Logs" }), "3 days of Oslo");
    for (const label of ["Copy as", "Input schema", "Output schema"]) await page.locator("summary", { hasText: label }).click();
    await well("a result");
    const coffee = await serve("elicitation");
    await page.goto(coffee.url);
    await choose(page, "order_coffee");
    await page.getByLabel("drink").fill("espresso");
    await press(page, "Call");
    await page.getByRole("dialog").waitFor();
    await well("a question");
    const fixtures = await serve("conformance");
    await page.goto(`${fixtures.url}#/tool/test_multiple_content_types`);
    await press(page, "Call");
    await result(page).waitFor();
    await well("pictures");
    equal(page.complaints, [], "the console");
  });
}

test("on a phone the list makes room for what was chosen", async () => {
  const { url } = await serve("weather");
  const page = await open(url, PHONE);
  await page.getByRole("searchbox").fill("forecast");
  await choose(page, "get_forecast");
  await page.getByRole("link", { name: "get_forecast", exact: true }).waitFor({ state: "hidden" });
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByRole("link", { name: "get_forecast", exact: true }).waitFor();
  await fits(page);
});

if (pictures) {
  await mkdir(pictures, { recursive: true });
  const shot = (page, name) => page.screenshot({ path: join(pictures, `${name}.png`) });

  const fill = async (page) => {
    await choose(page, "get_forecast");
    await page.getByLabel("city").fill("Oslo");
    await press(page, "Call");
    await result(page).waitFor();
    await page.evaluate(() => (document.activeElement?.blur(), scrollTo(0, 0)));
  };
  for (const colorScheme of ["light", "dark"]) {
    test(`pictures: ${colorScheme}`, async () => {
      const { url } = await serve("weather", { port: 8000 });
      const page = await open(url, { colorScheme, viewport: { width: 1280, height: 900 } });
      await fill(page);
      await shot(page, `page-${colorScheme}`);
    });
  }
  test("pictures: a phone", async () => {
    const { url } = await serve("weather", { port: 8000 });
    const page = await open(url, { ...PHONE, colorScheme: "light" });
    await fill(page);
    await shot(page, "page-phone");
  });
  test("pictures: a question", async () => {
    const { url } = await serve("elicitation", { port: 8000 });
    const page = await open(url, { colorScheme: "light" });
    await choose(page, "order_coffee");
    await page.getByLabel("drink").fill("espresso");
    await press(page, "Call");
    await page.getByRole("dialog").waitFor();
    await shot(page, "page-question");
  });
}
