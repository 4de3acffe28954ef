// Builds crates/ava-node and puts it beside the package's files, where it is loaded from in preference to an installed
// one. The arguments are cargo's: `--profile packed` for what ships, `--features test-hooks` for the tests.

import { execFileSync } from "node:child_process";
import { copyFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { platform } from "./platform.mjs";

const node = join(dirname(fileURLToPath(import.meta.url)), "..");

const cargo = [
  "build",
  "--package",
  "ava-node",
  "--message-format",
  "json-render-diagnostics",
  ...process.argv.slice(2),
];
const messages = execFileSync("cargo", cargo, {
  cwd: join(node, ".."),
  stdio: ["ignore", "pipe", "inherit"],
  encoding: "utf8",
  maxBuffer: 1 << 28,
});
const built = messages
  .split("\n")
  .filter((line) => line.startsWith("{"))
  .map((line) => JSON.parse(line))
  .find((message) => message.reason === "compiler-artifact" && message.target.name === "ava_node");
if (!built) {
  throw new Error("cargo says nothing of ava_node");
}
const file = join(node, `ava-imessage.${platform()}.node`);
// Not over one that is loaded: that would change the code of a running process.
copyFileSync(built.filenames[0], `${file}.new`);
renameSync(`${file}.new`, file);
console.log(file);
