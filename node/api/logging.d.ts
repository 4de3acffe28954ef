/** The log, on its way to the application's logger. */
/** How much a line matters. As a threshold, `off` is nothing at all. */
export type LogLevel = "off" | "error" | "warn" | "info" | "debug" | "trace";
/**
 * A logger such as `console` or pino's. Like pino's if it has `bindings`: then the fields come first, and the message
 * second. Neither keys, nor texts, nor full phone numbers come to it.
 */
export interface Logger {
    /** Something is broken. */
    error(...line: any[]): unknown;
    /** Somebody should know: a send was cut in flight, messages may have been missed, a poll failed. */
    warn(...line: any[]): unknown;
    /** Worth knowing. */
    info(...line: any[]): unknown;
    /** Each request, each retry. */
    debug(...line: any[]): unknown;
    /** Everything. `debug` has it where this is missing, and with `console`, whose `trace` prints a stack. */
    trace?(...line: any[]): unknown;
}
/** A line, as the native half tells it. */
export type Line = [level: Exclude<LogLevel, "off">, message: string, fields: Record<string, unknown>];
/** Where lines go and from which level on; nothing if nobody wants any. */
export declare function logTo(logger: Logger | undefined, wanted: LogLevel | undefined): {
    level: LogLevel;
    log: (line: Line) => void;
} | undefined;
