/**
 * A client for the AVA iMessage API: send iMessages, read conversations, listen for answers, draft replies.
 *
 * The same objects as `require("ava-imessage")` gives, so that an error of one is an error of the other.
 *
 * @module
 */

export * from "./index.js";
