// What users can name, as tsc declares it from src/: kept in api/, so that a change of it is seen where it is reviewed.
// `--check` only compares. After `npm run build:ts`.

import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const node = join(dirname(fileURLToPath(import.meta.url)), "..");
const PUBLIC = ["attempt", "client", "errors", "index", "logging", "models", "options", "streams", "testing"];

const file = (folder, name) => join(node, folder, `${name}.d.ts`);
const declared = Object.fromEntries(PUBLIC.map((name) => [name, readFileSync(file("dist", name), "utf8")]));
if (process.argv.includes("--check")) {
  const kept = readdirSync(join(node, "api")).map((name) => name.slice(0, -".d.ts".length));
  const changed = PUBLIC.filter(
    (name) => !kept.includes(name) || readFileSync(file("api", name), "utf8") !== declared[name],
  );
  const gone = kept.filter((name) => !PUBLIC.includes(name));
  if (changed.length > 0 || gone.length > 0) {
    console.error(`api/ is out of date: ${[...changed, ...gone].join(", ")}. If that is meant: npm run api`);
    process.exit(1);
  }
} else {
  rmSync(join(node, "api"), { recursive: true, force: true });
  mkdirSync(join(node, "api"));
  for (const [name, text] of Object.entries(declared)) {
    writeFileSync(file("api", name), text);
  }
}
