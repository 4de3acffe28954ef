/**
 * A sandbox for tests, as `require("ava-imessage/testing")` gives it.
 *
 * @module
 */

export * from "./testing.js";
