/** What the API speaks of: plain, frozen objects. `console.log` shows neither texts nor full phone numbers of them. */
/** Members of the wire that this version has no name for. */
export type Extra = Readonly<Record<string, unknown>>;
/** One message of a conversation (*Get Messages*, *Receive Messages*). */
export interface Message {
    /** The service's id: `msg_abc123`. */
    readonly id: string;
    /** The other person's number, E.164. */
    readonly phone: string;
    /** What was written (the wire's `message`). */
    readonly text: string;
    /** Which way it went: `inbound`, `outbound`, or what the service wrote instead. */
    readonly direction: Direction;
    /** When, by the service's clock. */
    readonly timestamp: Date;
    /** The same as RFC 3339 text, with all the digits that the service gave: a `Date` holds milliseconds. */
    readonly timestampText: string;
    /** How far it got, or what the service wrote instead. */
    readonly status: Status;
    /** Further members of the wire. */
    readonly extra: Extra;
}
/** Which way a message went. The set is open: the service may write another word. */
export type Direction = "inbound" | "outbound" | (string & {});
/** How far a message got. The set is open: the service may write another word. */
export type Status = "queued" | "sent" | "delivered" | "failed" | "received" | (string & {});
/**
 * A message that the service accepted (*Send Message*). Whether it was delivered is the `status` of its row in the
 * history.
 */
export interface SentMessage {
    /** The service's id: `msg_abc123`. */
    readonly messageId: string;
    /** When, by the service's clock; where the answer names no time, its `Date`, else this machine's clock. */
    readonly timestamp: Date;
    /** The same as RFC 3339 text. */
    readonly timestampText: string;
    /** How it is known. */
    readonly confirmation: Confirmation;
    /** Further members of the wire. */
    readonly extra: Extra;
}
/**
 * How it is known that a message was sent: the service answered (`response`), or the answer was lost and the message
 * was found in the history (`history`).
 */
export type Confirmation = "response" | "history";
/** How it is known that a message was sent: {@link SentMessage.confirmation}. */
export declare const Confirmation: {
    /** The service answered the send. */
    readonly Response: "response";
    /** The answer was lost; the message was found in the history. */
    readonly History: "history";
};
/** A reply that AVA wrote (*Generate Message with AVA*). */
export interface GeneratedMessage {
    /** What it wrote (the wire's `generated_message`). */
    readonly text: string;
    /** The service's id: `msg_ai_abc123`. */
    readonly messageId: string;
    /** Whether it was sent. */
    readonly sent: boolean;
    /** When, by the service's clock. */
    readonly timestamp: Date;
    /** The same as RFC 3339 text. */
    readonly timestampText: string;
    /** Further members of the wire. */
    readonly extra: Extra;
}
/** A row that isn't what the API documents. It costs nobody the rows beside it. */
export interface SkippedRow {
    /** Its place in the server's list, from 0. */
    readonly index: number;
    /** What is wrong with it. */
    readonly reason: string;
    /** The row as JSON text. It may hold people's data. */
    readonly raw: string;
}
/** A page of a conversation's history (*Get Messages*). */
export interface MessagePage {
    /** The rows, in the server's order, which the API document leaves open. */
    readonly messages: readonly Message[];
    /** How many messages the conversation has. */
    readonly total: number;
    /** How many rows a page has at the most. */
    readonly limit: number;
    /** How many rows were passed over. */
    readonly offset: number;
    /** Rows that couldn't be read. */
    readonly skipped: readonly SkippedRow[];
    /** Further members of the wire. */
    readonly extra: Extra;
}
/** What one poll brought (*Receive Messages*). */
export interface PollPage {
    /** The rows, in the server's order. */
    readonly messages: readonly Message[];
    /** How many rows the server says there are. */
    readonly count: number;
    /** Whether there are more than these. */
    readonly hasMore: boolean;
    /** Rows that couldn't be read. */
    readonly skipped: readonly SkippedRow[];
    /** Further members of the wire. */
    readonly extra: Extra;
}
/** One turn of the conversation that a reply is drafted from. */
export interface Turn {
    /** Who speaks: `user` (the other person), `assistant` (us), or whatever else the service takes. */
    readonly role: "user" | "assistant" | (string & {});
    /** What is said. */
    readonly content: string;
}
/** A stretch of time of which a listener may have missed messages. */
export interface Gap {
    /** Its beginning. */
    readonly from: Date;
    /** Its end. */
    readonly to: Date;
}
/** Eight members for each message, one message after the other. A phone that is the last one's is `null`. */
export type MessageList = (string | number | Record<string, unknown> | null)[];
type FurtherMembers = Record<string, unknown> | null;
type SkippedList = [number, string, string][];
/** All messages of a list. */
export declare function toMessages(list: MessageList): Message[];
export declare function toSentMessage(row: [string, number, string, Confirmation, FurtherMembers]): SentMessage;
export declare function toGeneratedMessage(row: [string, string, boolean, number, string, FurtherMembers]): GeneratedMessage;
export declare function toSkippedRow(row: [number, string, string]): SkippedRow;
export declare function toMessagePage(row: [MessageList, number, number, number, SkippedList, FurtherMembers]): MessagePage;
export declare function toPollPage(row: [MessageList, number, boolean, SkippedList, FurtherMembers]): PollPage;
export declare function toGap(row: [number, number]): Gap;
export {};
