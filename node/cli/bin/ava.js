#!/usr/bin/env node
"use strict";

const { spawn } = require("node:child_process");

let binary;
try {
  ({ binary } = require("../index.js"));
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exit(1);
}
const ava = spawn(binary, process.argv.slice(2), { stdio: "inherit" });
// It decides when it ends. A terminal tells it of Ctrl-C by itself; what is meant for this process is passed on.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) {
  process.on(signal, () => ava.kill(signal));
}
ava.on("error", (error) => {
  console.error(`error: ${binary} can't be run: ${error.message}`);
  process.exitCode = 1;
});
ava.on("exit", (code, signal) => {
  if (signal === null) {
    process.exitCode = code;
  } else {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
});
