// What held, a line each, for docs/conformance.md: appended to the file that `AVA_CONFORMANCE_OUT` names.

import { appendFileSync } from "node:fs";

/** Says of something whether it holds here. */
export function record(what: "vector" | "error", name: string, passed: boolean): void {
  const file = process.env["AVA_CONFORMANCE_OUT"];
  if (file) {
    appendFileSync(file, `${JSON.stringify({ face: "node", [what]: name, passed })}\n`);
  }
}
