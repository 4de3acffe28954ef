// The platforms that there are packages for, and which one this is.

/** By name, as the loaders look for them (src/native.ts, cli/index.js): what npm must know to install the right one. */
export const PLATFORMS = {
  "darwin-arm64": { os: ["darwin"], cpu: ["arm64"] },
  "darwin-x64": { os: ["darwin"], cpu: ["x64"] },
  "linux-arm64-gnu": { os: ["linux"], cpu: ["arm64"], libc: ["glibc"] },
  "linux-arm64-musl": { os: ["linux"], cpu: ["arm64"], libc: ["musl"] },
  "linux-x64-gnu": { os: ["linux"], cpu: ["x64"], libc: ["glibc"] },
  "linux-x64-musl": { os: ["linux"], cpu: ["x64"], libc: ["musl"] },
  "win32-arm64-msvc": { os: ["win32"], cpu: ["arm64"] },
  "win32-x64-msvc": { os: ["win32"], cpu: ["x64"] },
};

/** This machine's. */
export function platform() {
  const machine = `${process.platform}-${process.arch}`;
  if (process.platform === "win32") {
    return `${machine}-msvc`;
  }
  if (process.platform !== "linux") {
    return machine;
  }
  return `${machine}-${process.report.getReport().header.glibcVersionRuntime ? "gnu" : "musl"}`;
}
