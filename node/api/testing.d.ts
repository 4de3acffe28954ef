/**
 * A sandbox for tests: the API on this machine, with a state behind it, and faults on demand.
 *
 * ```ts
 * import { Sandbox } from "ava-imessage/testing";
 *
 * await using sandbox = await Sandbox.start();
 * await using client = sandbox.client();
 * await client.send("+15550100142", "Hello?");
 * assert.equal((await sandbox.messages())[0].message, "Hello?");
 * ```
 *
 * It runs `ava sandbox`, which comes with the package `ava-imessage-cli` (or stands on PATH). No message leaves the
 * machine. It works with `node:test`, Vitest and Jest alike.
 *
 * @module
 */
import { AvaClient, type AvaClientOptions } from "./all.js";
/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | {
    readonly [name: string]: Json | undefined;
};
/** An object of the sandbox's, as its JSON has it. `docs/sandbox.md` of the repository has its members. */
export type SandboxObject = Record<string, any>;
/** Which requests a fault is for. */
export type SandboxOperation = "send" | "messages" | "poll" | "generate" | "any";
/** The sandbox can't be started, or refuses what it was told; the words are its own. */
export declare class SandboxError extends Error {
}
/** How a sandbox is started. */
export interface SandboxOptions {
    /** Answers every message with `Echo: …` after so many milliseconds. Default: nobody answers. */
    echoAfterMs?: number | undefined;
    /** What it starts with, by the names of `docs/sandbox.md`: `{ history_order: "newest_first" }`. */
    settings?: Readonly<Record<string, Json>> | undefined;
    /** The made-up key to accept. Default: a new one. */
    apiKey?: string | undefined;
    /** The port on 127.0.0.1. Default: a free one. */
    port?: number | undefined;
    /** The `ava` command. Default: the one of `ava-imessage-cli`, else the one on PATH. */
    command?: string | undefined;
}
/** A message that arrives. */
export interface InboundOptions {
    /** When; now by the sandbox's clock. */
    timestamp?: Date | undefined;
    /** Its id; a new one. */
    id?: string | undefined;
    /** So many milliseconds pass until it shows; 0. */
    visibleAfterMs?: number | undefined;
}
/**
 * A sandbox in a process of its own, which ends with {@link close}, with `await using`, or with Node.
 *
 * Its times follow a clock of its own ({@link clock}). `docs/sandbox.md` of the repository has every fault, script and
 * setting.
 */
export declare class Sandbox implements AsyncDisposable {
    #private;
    /** Where it is. */
    readonly baseUrl: string;
    /** The key that it accepts. */
    readonly apiKey: string;
    private constructor();
    /**
     * Starts one.
     *
     * @throws SandboxError if it can't be started.
     */
    static start(options?: SandboxOptions): Promise<Sandbox>;
    /** A client of this sandbox; the options are {@link AvaClient}'s. */
    client(options?: AvaClientOptions): AvaClient;
    /** Lets a message arrive, and gives its row. */
    inbound(phone: string, text: string, options?: InboundOptions): Promise<SandboxObject>;
    /**
     * Fills a history: with so many numbered messages, the last one now, or with these rows
     * (`{ text: "…", direction: "inbound", … }`). Gives them.
     */
    seed(phone: string, rows: number | readonly Readonly<Record<string, Json>>[], members?: Readonly<Record<string, Json>>): Promise<SandboxObject[]>;
    /**
     * Has the next `times` (1) requests of a kind go wrong; `null` is until {@link clearFaults}. The members say how:
     * `{ status: 503 }`, `{ drop: "after" }` (the connection is closed, the effect stays), `{ delay_ms: 500 }`,
     * `{ retry_after: "2" }`, `{ garbage: true }`, …
     */
    fault(on: SandboxOperation, { times, ...members }: Readonly<Record<string, Json>> & {
        times?: number | null;
    }): Promise<void>;
    /** Takes back what {@link fault} said. */
    clearFaults(): Promise<void>;
    /** Has it answer with exactly these responses, and nothing else. */
    script(script: Json): Promise<void>;
    /** What was used of the script: `{ remaining: …, unmatched: …, used: … }`. */
    scriptState(): Promise<SandboxObject>;
    /** Changes some settings, and gives all. */
    settings(changes?: Readonly<Record<string, Json>>): Promise<SandboxObject>;
    /**
     * Sets the sandbox's clock, advances it by so many milliseconds, lets it stand still or go on. Gives its state.
     *
     * Rows, deliveries, lags and tokens follow it; delays of answers take real time.
     */
    clock(change: {
        now?: Date | undefined;
        advanceMs?: number | undefined;
        frozen?: boolean | undefined;
    }): Promise<SandboxObject>;
    /** Issues a short-lived token that it takes for so many milliseconds, for these phones or for all. */
    token(options: {
        ttlMs: number;
        phones?: readonly string[] | undefined;
    }): Promise<string>;
    /** Every token so far answers 401 from now on. */
    expireTokens(): Promise<void>;
    /** Every message it has, in the wire's names (the text is `message`). */
    messages(): Promise<SandboxObject[]>;
    /**
     * The requests it got, oldest first: `method`, `path`, `query`, `headers`, `body`, `json`, `outcome`, …
     */
    requests(): Promise<SandboxObject[]>;
    /** All that it knows. */
    state(): Promise<SandboxObject>;
    /** Everything is as at the start again. */
    reset(): Promise<void>;
    /**
     * A request to the control plane, `/_sandbox/` before its path; gives the answer's JSON.
     *
     * @throws SandboxError if it was refused.
     */
    control(method: string, path: string, body?: Json): Promise<unknown>;
    /** Ends it. */
    close(): Promise<void>;
    /** {@link close}, at the end of an `await using`. */
    [Symbol.asyncDispose](): Promise<void>;
}
