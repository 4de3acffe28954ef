/** Everything, in one file when it is built: what is public (index.ts), and what tests look at. */

export * from "./attempt.js";
export * from "./client.js";
export * from "./errors.js";
export * from "./logging.js";
export * from "./mailbox.js";
export * from "./models.js";
export * from "./native.js";
export * from "./options.js";
export * from "./streams.js";
