// Makes `dist`, which is committed, so that building the crate needs no Node. The same sources give the same bytes: esbuild is pinned,
// and so is who packs, as each version of Node brings another zlib. The files bear no time and no name.
import { build } from "esbuild";
import { gzipSync } from "fflate";
import { mkdir, writeFile } from "node:fs/promises";

const LIMIT = 60 * 1024;
const at = (path) => new URL(path, import.meta.url).pathname;

const built = await build({
  entryPoints: [at("src/main.tsx"), at("src/style.css")],
  bundle: true,
  write: false,
  outdir: at("dist"),
  minify: true,
  target: "es2022",
  format: "iife",
  charset: "utf8",
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
});

await mkdir(at("dist"), { recursive: true });
let total = 0;
for (const file of built.outputFiles) {
  const packed = gzipSync(file.contents, { level: 9, mem: 12, mtime: 0 });
  total += packed.length;
  const name = file.path.endsWith(".css") ? "page.css.gz" : "page.js.gz";
  await writeFile(at(`dist/${name}`), packed);
  console.log(`${name}: ${file.contents.length} bytes, packed ${packed.length}`);
}
console.log(`together ${total} of at most ${LIMIT}`);
if (total > LIMIT) process.exit(1);
