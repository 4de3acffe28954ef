/** An {@link Attempt} as JSON: what is in it is this library's business. It holds the phone and the message. */
export type AttemptJson = Record<string, unknown>;
/**
 * A send that may or may not have happened, to be settled later: `client.settle(attempt)`.
 *
 * `JSON.stringify(attempt)` keeps it over a restart, and {@link Attempt.fromJSON} reads it again: that text holds the
 * phone and the message, which `console.log` hides. Another process can settle it only if it {@link isPortable}.
 */
export declare class Attempt {
    #private;
    private constructor();
    /** To whom the message would have gone. */
    get phone(): string;
    /** What it would have said. */
    get text(): string;
    /** Whether another process can settle it: the history was read at least once. */
    get isPortable(): boolean;
    /** What `JSON.stringify` writes. */
    toJSON(): AttemptJson;
    /**
     * The attempt that was written as JSON; its text or what `JSON.parse` made of it.
     *
     * @throws InvalidRequestError if it is something else.
     */
    static fromJSON(json: string | object): Attempt;
}
