/** The native half: which file it is, and what it has. Its types are crates/ava-node's. */

/** The outcome of a call comes through the mailbox under this number. */
export type CallId = number;

export interface NativeAttempt {
  readonly phone: string;
  readonly text: string;
  readonly isPortable: boolean;
  toText(): string;
}

export interface NativeMailbox {
  cancel(id: CallId): void;
  answer(id: number, value?: string, expiresIn?: number, expiresAt?: number): void;
  fail(id: number, kind: string): number;
  number(): number;
  flush(): CallId;
  attempt(id: number): NativeAttempt | null;
  attemptFromText(text: string): NativeAttempt;
}

/** The last arguments of every call: `timeoutMs`, `maxRetries`, and the headers, names and values by turns. */
export type CallArguments = readonly [number | undefined, number | undefined, string[] | undefined];

export interface NativeCore {
  readonly baseUrl: string;
  readonly isClosed: boolean;
  close(): CallId;
  send(phone: string, text: string, ...call: CallArguments): CallId;
  settle(attempt: NativeAttempt, ...call: CallArguments): CallId;
  messagesPage(phone: string, limit: number | undefined, offset: number | undefined, ...call: CallArguments): CallId;
  messages(phone: string, ...call: CallArguments): NativeMessages;
  poll(since: string | undefined, phone: string | undefined, ...call: CallArguments): CallId;
  generate(
    phone: string,
    context: string[],
    instructions: string | undefined,
    autoSend: boolean,
    ...call: CallArguments
  ): CallId;
  draftReply(
    phone: string,
    instructions: string | undefined,
    history: number | undefined,
    ...call: CallArguments
  ): CallId;
  listen(owner: number, options: object, ...call: CallArguments): NativeListener;
}

export interface NativeMessages {
  next(): CallId;
  close(): void;
}

export interface NativeListener {
  open(): CallId;
  next(): CallId;
  ack(id: string): CallId;
  close(): void;
}

export interface Native {
  version(): string;
  Mailbox: new (deliver: (batch: string) => void, makeError: (told: string) => Error) => NativeMailbox;
  Core: new (mailbox: NativeMailbox, owner: number, options: object) => NativeCore;
}

/** What the packages with the native half are called, as rustc's targets are, for this machine. */
function names(): string[] {
  const machine = `${process.platform}-${process.arch}`;
  switch (process.platform) {
    case "linux":
      // Which C library it is can't be asked for cheaply. Of the two, npm installs the one that fits.
      return [`${machine}-gnu`, `${machine}-musl`];
    case "win32":
      return [`${machine}-msvc`];
    default:
      return [machine];
  }
}

function load(): Native {
  const failures: unknown[] = [];
  for (const name of names()) {
    // A build of one's own stands beside the package's files; what is installed is a package of its own.
    for (const file of [`../ava-imessage.${name}.node`, `ava-imessage-${name}`]) {
      try {
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- a native module can't be imported
        return require(file) as Native;
      } catch (error) {
        failures.push(error);
      }
    }
  }
  const packages = names().map((name) => `ava-imessage-${name}`);
  const broken = failures.find((error) => (error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND");
  const words = broken
    ? `the native half of ava-imessage can't be loaded (${(broken as Error).message})`
    : `the native half of ava-imessage is not installed: there is no package ${packages.join(" or ")}. ` +
      "It is an optional dependency of ava-imessage: install without --omit=optional (--no-optional), on the " +
      "platform that runs it, and have bundlers leave ava-imessage out (external)";
  throw new Error(`${words}. This is Node ${process.version} for ${process.platform} on ${process.arch}.`, {
    cause: broken ?? failures[0],
  });
}

export const native: Native = load();

/** The version of this package. */
export const version: string = native.version();
