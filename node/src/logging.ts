/** The log, on its way to the application's logger. */

import { inspect } from "node:util";

/** How much a line matters. As a threshold, `off` is nothing at all. */
export type LogLevel = "off" | "error" | "warn" | "info" | "debug" | "trace";

/**
 * All of them, the quietest first.
 *
 * @internal
 */
export const LEVELS: readonly LogLevel[] = ["off", "error", "warn", "info", "debug", "trace"];

/**
 * A logger such as `console` or pino's. Like pino's if it has `bindings`: then the fields come first, and the message
 * second. Neither keys, nor texts, nor full phone numbers come to it.
 */
export interface Logger {
  /** Something is broken. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- loggers disagree about their arguments
  error(...line: any[]): unknown;
  /** Somebody should know: a send was cut in flight, messages may have been missed, a poll failed. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  warn(...line: any[]): unknown;
  /** Worth knowing. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  info(...line: any[]): unknown;
  /** Each request, each retry. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  debug(...line: any[]): unknown;
  /** Everything. `debug` has it where this is missing, and with `console`, whose `trace` prints a stack. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  trace?(...line: any[]): unknown;
}

/** A line, as the native half tells it. */
export type Line = [level: Exclude<LogLevel, "off">, message: string, fields: Record<string, unknown>];

/** Pino has two more. */
const OF_PINO: Readonly<Record<string, LogLevel>> = { silent: "off", fatal: "error" };

function level(name: unknown): LogLevel | undefined {
  const known = typeof name === "string" ? name.trim().toLowerCase() : "";
  return LEVELS.find((level) => level === known) ?? OF_PINO[known];
}

/** What `AVA_LOG` has written where there is no logger: lines on stderr. */
function stderr([name, message, fields]: Line): void {
  const told = Object.entries(fields).map(([field, value]) => ` ${field}=${inspect(value)}`);
  process.stderr.write(`${new Date().toISOString()} ${name} ava-imessage: ${message}${told.join("")}\n`);
}

/** Where lines go and from which level on; nothing if nobody wants any. */
export function logTo(
  logger: Logger | undefined,
  wanted: LogLevel | undefined,
): { level: LogLevel; log: (line: Line) => void } | undefined {
  const environment = level(process.env["AVA_LOG"]);
  if (logger === undefined) {
    const threshold = wanted ?? environment;
    return threshold && threshold !== "off" && environment ? { level: threshold, log: stderr } : undefined;
  }
  const ofPino = "bindings" in logger;
  const threshold = wanted ?? environment ?? level((logger as { level?: unknown }).level) ?? "warn";
  const log = ([name, message, fields]: Line): void => {
    const method = name === "trace" && (!logger.trace || logger === console) ? "debug" : name;
    if (ofPino) {
      logger[method]?.(fields, message);
    } else {
      logger[method]?.(message, fields);
    }
  };
  return { level: threshold, log };
}
