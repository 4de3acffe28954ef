"use strict";

/** What the packages with the program are called, for this machine. */
function names() {
  const machine = `${process.platform}-${process.arch}`;
  switch (process.platform) {
    case "linux":
      // Which C library it is can't be asked for cheaply. Of the two, npm installs the one that fits.
      return [`${machine}-gnu`, `${machine}-musl`].map((name) => `ava-imessage-cli-${name}`);
    case "win32":
      return [`ava-imessage-cli-${machine}-msvc`];
    default:
      return [`ava-imessage-cli-${machine}`];
  }
}

function find() {
  const program = process.platform === "win32" ? "ava.exe" : "ava";
  for (const name of names()) {
    try {
      return require.resolve(`${name}/bin/${program}`);
    } catch {
      // The next, then.
    }
  }
  throw new Error(
    `the \`ava\` program is not installed: there is no package ${names().join(" or ")}. It is an optional dependency ` +
      "of ava-imessage-cli: install without --omit=optional (--no-optional), on the platform that runs it. " +
      `This is Node ${process.version} for ${process.platform} on ${process.arch}.`,
  );
}

exports.binary = find();
