// Packs what is uploaded, into a folder: the two packages that people install, and for each the one with this machine's
// build. `--native FILE --ava FILE --into FOLDER`, and `--platform NAME` for a build that was crossed over from here.

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { PLATFORMS, platform } from "./platform.mjs";

const node = join(dirname(fileURLToPath(import.meta.url)), "..");
const { values: given } = parseArgs({
  options: {
    native: { type: "string" },
    ava: { type: "string" },
    into: { type: "string" },
    platform: { type: "string", default: platform() },
  },
});
const into = resolve(given.into);
const staging = join(into, "staging");
rmSync(into, { recursive: true, force: true });

const read = (file) => JSON.parse(readFileSync(join(node, file), "utf8"));
const { platform: target } = given;
if (!Object.hasOwn(PLATFORMS, target)) {
  throw new Error(`no package for ${target}; there are ${Object.keys(PLATFORMS).join(", ")}`);
}
const exe = target.startsWith("win32") ? ".exe" : "";

/** Lays a package out, and packs it. `files` are what is in it, and where that is now. */
function pack(manifest, files) {
  const folder = join(staging, manifest.name);
  mkdirSync(folder, { recursive: true });
  const licensed = { ...manifest, files: [...manifest.files, "LICENSE-*"] };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(licensed, null, 2)}\n`);
  for (const [name, from] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    cpSync(from, join(folder, name), { recursive: true });
  }
  for (const licence of ["LICENSE-MIT", "LICENSE-APACHE"]) {
    copyFileSync(join(node, "..", licence), join(folder, licence));
  }
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const options = ["--pack-destination", into, "--json", "--loglevel", "error"];
  const printed = execFileSync(npm, ["pack", ...options], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [{ filename }] = JSON.parse(printed);
  const size = statSync(join(into, filename)).size / 1e6;
  console.log(`${size.toFixed(2).padStart(6)} MB  ${filename}`);
}

/** What only this repository needs to know of a package is left out; the packages with the builds come in. */
function published({ scripts, devDependencies, ...manifest }) {
  const builds = Object.keys(PLATFORMS).map((name) => [`${manifest.name}-${name}`, manifest.version]);
  return { ...manifest, optionalDependencies: Object.fromEntries(builds) };
}

/** The package with this machine's build. */
function build(manifest, file, what) {
  const name = `${manifest.name}-${target}`;
  const readme = join(staging, `${name}.md`);
  mkdirSync(staging, { recursive: true });
  writeFileSync(readme, `# ${name}\n\n${what} of ${manifest.name} for ${target}. Install that; npm adds this.\n`);
  const { version, license, repository, engines } = manifest;
  const description = `${what} of ${manifest.name} for ${target}`;
  const entry = file.startsWith("bin/") ? {} : { main: file };
  // Yarn would leave a program in an archive otherwise.
  const unplugged = { preferUnplugged: true };
  return [
    {
      name,
      version,
      description,
      license,
      repository,
      engines,
      ...PLATFORMS[target],
      ...entry,
      ...unplugged,
      files: [file],
    },
    readme,
  ];
}

const main = read("package.json");
const cli = read("cli/package.json");
if (main.version !== cli.version) {
  throw new Error(`ava-imessage is ${main.version}, and ava-imessage-cli ${cli.version}`);
}
pack(published(main), { "README.md": join(node, "README.md"), dist: join(node, "dist") });
const [native, ofNative] = build(main, "ava-imessage.node", "The native half");
pack(native, { "ava-imessage.node": given.native, "README.md": ofNative });
const parts = ["README.md", ...cli.files].map((file) => [file, join(node, "cli", file)]);
pack(published(cli), Object.fromEntries(parts));
const [program, ofProgram] = build(cli, `bin/ava${exe}`, "The program");
chmodSync(given.ava, 0o755);
pack(program, { [`bin/ava${exe}`]: given.ava, "README.md": ofProgram });
rmSync(staging, { recursive: true });
