// The package's JavaScript, in few files: each file that Node loads costs as much as the whole of this one. tsc writes
// the types beside it.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const node = join(dirname(fileURLToPath(import.meta.url)), "..");
const shared = {
  absWorkingDir: node,
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node20",
  logLevel: "warning",
  legalComments: "none",
};

// `wire` stays by itself, for the reason that it gives; `all` is what the others stand on.
for (const [file, external] of [
  ["wire", []],
  ["all", ["./wire.js"]],
  ["index", ["./all.js"]],
  ["testing", ["./all.js", "ava-imessage-cli"]],
]) {
  await build({ ...shared, entryPoints: [`src/${file}.ts`], format: "cjs", external });
}
for (const file of ["index", "testing"]) {
  const out = { ".js": ".mjs" };
  await build({
    ...shared,
    entryPoints: [`src/${file}.mts`],
    format: "esm",
    external: [`./${file}.js`],
    outExtension: out,
  });
}
