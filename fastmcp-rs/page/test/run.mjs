// The page in a real Chromium, against the example servers. `npm test` runs all of it, `npm test -- name..` the tests whose names
// have one of these words. Screenshots for the README and the book are written with `npm test -- --pictures`.
import { browser, stopping, tests, words } from "./kit.mjs";
import "./servers.mjs";
import "./hostile.mjs";
import "./looks.mjs";

let failed = 0;
for (const { name, run } of tests) {
  if (words.length && !words.some((word) => name.includes(word))) continue;
  const begun = performance.now();
  try {
    await run();
    console.log(`ok   ${name} (${Math.round(performance.now() - begun)} ms)`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}\n     ${String(error.message ?? error).replaceAll("\n", "\n     ")}`);
  }
  for (const stop of stopping.splice(0).reverse()) await stop().catch(() => undefined);
}
await browser.close();
console.log(failed ? `${failed} failed` : "all is well");
process.exit(failed ? 1 : 0);
