// What the tests are written with: servers, tabs, and a few words.
import { chromium } from "playwright-core";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../..");
const examples = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug/examples");
const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));

export const pictures = process.argv.includes("--pictures") ? join(root, "docs/pictures") : undefined;
export const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
export const tests = [];
export const test = (name, run) => tests.push({ name, run });

/** Starts an example server and gives the address of its page. */
export async function serve(name, { env = {}, port = 0 } = {}) {
  const server = spawn(join(examples, name), ["--http", `127.0.0.1:${port}`], { env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((done) => server.once("exit", done));
  const stop = async () => {
    server.kill();
    await ended;
  };
  let said = "";
  const url = await new Promise((found, failed) => {
    server.stderr.on("data", (piece) => {
      said += piece;
      const url = /open (http:\S+) in a browser/.exec(said)?.[1];
      if (url) found(url);
    });
    server.once("exit", () => failed(new Error(`${name} ended: ${said}`)));
  });
  stopping.push(stop);
  return { url, stop, port: Number(new URL(url).port) };
}
export const stopping = [];

/** A tab with the page open. What the console says goes into `tab.complaints`. */
export async function open(url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("dialog", (dialog) => {
    complaints.push(`a dialog of the browser: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.complaints = complaints;
  stopping.push(() => context.close());
  await page.goto(url);
  return page;
}

export const choose = async (page, name) => {
  await page.getByRole("link", { name, exact: true }).click();
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
};
export const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
export const result = (page) => page.getByRole("region", { name: "Result" });
/** Waits until the locator has the text. */
export const shows = (locator, text) => locator.filter({ hasText: text }).first().waitFor();

/** Waits until `read` gives what is wanted. */
export async function until(read, wanted) {
  const before = performance.now();
  for (;;) {
    const is = await read();
    if (JSON.stringify(is) === JSON.stringify(wanted)) return;
    if (performance.now() - before > 30_000) return equal(is, wanted, "at last");
    await new Promise((go) => setTimeout(go, 20));
  }
}

export function equal(actual, wanted, what = "") {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(wanted)];
  if (one !== other) throw new Error(`${what}: ${one} is not ${other}`);
}

export function ok(condition, what) {
  if (!condition) throw new Error(what);
}

export async function scratch() {
  const directory = await mkdtemp(join(tmpdir(), "page-"));
  stopping.push(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

if (!executablePath) {
  console.log("no Chromium: the page's tests are skipped");
  process.exit(0);
}
// As root there is no sandbox for the browser, and the pages are our own.
export const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
