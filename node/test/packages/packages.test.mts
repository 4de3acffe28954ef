// The packages that are uploaded, as `scripts/pack.mjs` made them: installed into empty projects without a network, and
// run as CommonJS, as ES modules and as TypeScript. `AVA_PACKAGES` is the folder that they are in.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const NODE = fileURLToPath(new URL("../../../", import.meta.url));
const PACKAGES = process.env["AVA_PACKAGES"] ?? join(NODE, "../target/packages/node");
const TARBALLS = readdirSync(PACKAGES).filter((file) => file.endsWith(".tgz"));
const HOME = mkdtempSync(join(tmpdir(), "ava-imessage-packages-"));
after(() => {
  rmSync(HOME, { recursive: true, force: true });
});

const README = readFileSync(join(NODE, "README.md"), "utf8");
const QUICKSTART = /^```ts\n(.*?)^```/ms.exec(README)?.[1] ?? "";

interface Ran {
  status: number | null;
  out: string;
}

/** Runs a program in a folder; what it prints, on either stream. */
async function run(folder: string, program: string, ...args: string[]): Promise<Ran> {
  // Nothing of this machine's or this package's npm is to be seen.
  const clean = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|AVA_)/i.test(name));
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...Object.fromEntries(clean), CI: "true", npm_config_userconfig: join(HOME, "npmrc") },
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
    timeout: 120_000,
    killSignal: "SIGKILL",
  });
  let out = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => (out += part));
  }
  const [status] = (await once(child, "close")) as [number | null];
  return { status, out };
}

async function done(folder: string, program: string, ...args: string[]): Promise<string> {
  const ran = await run(folder, program, ...args);
  assert.equal(ran.status, 0, `${program} ${args.join(" ")}\n${ran.out}`);
  return ran.out;
}

function project(name: string, manifest: object = {}): string {
  const folder = join(HOME, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, ...manifest }));
  return folder;
}

const npm = (folder: string, ...args: string[]) =>
  done(folder, "npm", ...args, "--cache", join(HOME, "npm"), "--no-audit", "--no-fund");

/** A registry of these packages alone, on loopback. It knows no other platform's. */
async function registry(): Promise<{ url: string; close: () => void }> {
  const files = await Promise.all(
    TARBALLS.map(async (file) => {
      const manifest = JSON.parse(await done(HOME, "tar", "-xzOf", join(PACKAGES, file), "package/package.json")) as {
        name: string;
        version: string;
      };
      const bytes = readFileSync(join(PACKAGES, file));
      return { file, manifest, bytes, integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}` };
    }),
  );
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? "").slice(1));
    const tarball = files.find(({ file }) => path === `-/${file}`);
    const known = files.find(({ manifest }) => path === manifest.name);
    if (tarball) {
      response.end(tarball.bytes);
    } else if (known) {
      const { name, version } = known.manifest;
      const dist = { tarball: `${url}-/${known.file}`, integrity: known.integrity };
      const versions = { [version]: { ...known.manifest, dist } };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ name, "dist-tags": { latest: version }, versions, time: {} }));
    } else {
      response.writeHead(404).end("{}");
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
  return {
    url,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The README's beginning against the installed sandbox, in four ways. */
async function quickstarts(folder: string): Promise<void> {
  const around = (body: string) => `
    Sandbox.start().then(async (sandbox) => {
      process.env.AVA_BASE_URL = sandbox.baseUrl;
      process.env.AVA_API_KEY = sandbox.apiKey;
      ${body}
      if ((await sandbox.messages()).length !== 1) throw new Error("not one message");
      await sandbox.close();
      console.log("it ran");
    });`;
  const body = QUICKSTART.replace(/^import .*$/m, "");
  writeFileSync(
    join(folder, "quick.cjs"),
    `const { AvaClient } = require("ava-imessage"); const { Sandbox } = require("ava-imessage/testing");${around(body)}`,
  );
  const esm = `import { AvaClient } from "ava-imessage"; import { Sandbox } from "ava-imessage/testing";${around(body)}`;
  writeFileSync(join(folder, "quick.mjs"), esm);
  const types = [join(NODE, "node_modules/@types")];
  for (const [name, module, moduleResolution] of [
    ["node16", "node16", "node16"],
    ["bundler", "preserve", "bundler"],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, name, "quick.ts"), esm);
    const compilerOptions = {
      module,
      moduleResolution,
      target: "es2022",
      strict: true,
      types: ["node"],
      typeRoots: types,
    };
    writeFileSync(join(folder, name, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    await done(join(folder, name), process.execPath, join(NODE, "node_modules/typescript/bin/tsc"));
  }
  for (const file of ["quick.cjs", "quick.mjs", "node16/quick.js", "bundler/quick.js"]) {
    const out = await done(folder, process.execPath, file);
    assert.match(out, /^sent: msg_\S+ .*Z$/m, out);
    assert.match(out, /^it ran$/m, file);
  }
}

describe("the packages", () => {
  let server: Awaited<ReturnType<typeof registry>>;
  before(async () => {
    server = await registry();
  });
  after(() => {
    server.close();
  });

  test("npm installs the files without a network", async () => {
    const folder = project("npm-files");
    await npm(folder, "install", "--offline", ...TARBALLS.map((file) => join(PACKAGES, file)));
    await quickstarts(folder);
    const said = await done(folder, "npx", "--no-install", "ava", "--version");
    assert.match(said, /^ava \d+\.\d+\.\d+/m);
  });

  test("npm installs them by name, with this platform's builds and no other", async () => {
    const folder = project("npm-registry");
    await npm(folder, "install", "ava-imessage", "ava-imessage-cli", "--registry", server.url);
    const installed = readdirSync(join(folder, "node_modules")).filter((name) => name.startsWith("ava-imessage"));
    assert.equal(installed.length, 4, installed.join(" "));
    await quickstarts(folder);

    const builds = installed.filter((name) => /-(linux|darwin|win32)-/.test(name));
    for (const name of builds) {
      rmSync(join(folder, "node_modules", name), { recursive: true });
    }
    const [cli, main] = builds.sort();
    const library = await run(folder, process.execPath, "quick.cjs");
    assert.equal(library.status, 1);
    assert.match(library.out, new RegExp(`there is no package .*${String(main)}.*optional`));
    const command = await run(folder, "npx", "--no-install", "ava", "--version");
    assert.equal(command.status, 1);
    assert.match(command.out, new RegExp(`^error: .*there is no package .*${String(cli)}.*optional`, "m"));
  });

  test("pnpm installs them by name", async () => {
    const folder = project("pnpm");
    const pnpm = join(NODE, "node_modules/pnpm/bin/pnpm.cjs");
    const places = [
      "--registry",
      server.url,
      "--store-dir",
      join(HOME, "store"),
      "--cache-dir",
      join(HOME, "pnpm-cache"),
    ];
    await done(folder, process.execPath, pnpm, "add", "ava-imessage", "ava-imessage-cli", ...places);
    await quickstarts(folder);
  });

  test("the `ava` of npm hands on arguments, exit codes and signals", async () => {
    const ava = join(HOME, "npm-files/node_modules/.bin/ava");
    assert.equal((await run(HOME, ava, "no-such-command")).status, 2);
    const child = spawn(ava, ["sandbox", "--port", "0"], { stdio: ["ignore", "pipe", "ignore"] });
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    const [status, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    assert.ok(signal === "SIGTERM" || status === 0, `${String(status)} ${String(signal)}`);
  });

  test("publint and arethetypeswrong find nothing", async () => {
    for (const file of TARBALLS.filter((name) => /^ava-imessage(-cli)?-\d/.test(name))) {
      const tarball = join(PACKAGES, file);
      await done(NODE, process.execPath, join(NODE, "node_modules/publint/src/cli.js"), "run", tarball, "--strict");
      const wrong = join(NODE, "node_modules/@arethetypeswrong/cli/dist/index.js");
      await done(NODE, process.execPath, wrong, tarball, "--no-emoji", "--no-color");
    }
  });
});
