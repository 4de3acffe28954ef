// Results and errors as the JSON that vectors compare with.

import assert from "node:assert/strict";
import {
  AvaError,
  type GeneratedMessage,
  type Message,
  type MessagePage,
  type PollPage,
  type SentMessage,
} from "ava-imessage";
import type { Json } from "./expand.mjs";

type Result = Message | SentMessage | GeneratedMessage | MessagePage | PollPage | undefined;

export function result(value: Result): Json {
  if (value === undefined) {
    return {};
  }
  assert.ok(Object.isFrozen(value), "results are frozen");
  assert.equal(Object.getPrototypeOf(value), Object.prototype, "results are plain");
  assert.ok(Object.isFrozen(value.extra));
  const extra: Json = structuredClone(value.extra);
  if ("id" in value) {
    const { id, phone, text, direction, status } = value;
    return { id, phone, text, direction, status, timestamp: time(value), extra };
  }
  if ("confirmation" in value) {
    return { message_id: value.messageId, timestamp: time(value), confirmation: value.confirmation, extra };
  }
  if ("sent" in value) {
    return { text: value.text, message_id: value.messageId, sent: value.sent, timestamp: time(value), extra };
  }
  assert.ok(Object.isFrozen(value.messages) && Object.isFrozen(value.skipped));
  const messages: Json[] = value.messages.map(result);
  const skipped = value.skipped.map(({ index, reason }) => ({ index, reason }));
  if ("total" in value) {
    return { messages, total: value.total, limit: value.limit, offset: value.offset, skipped, extra };
  }
  return { messages, count: value.count, has_more: value.hasMore, skipped, extra };
}

function time({ timestamp, timestampText }: { timestamp: Date; timestampText: string }): string {
  assert.equal(timestamp.getTime(), new Date(timestampText).getTime());
  return timestampText;
}

export function error(value: AvaError): Json {
  return {
    code: value.code,
    number: value.number,
    status: value.status ?? null,
    delivery: value.delivery ?? null,
    request_id: value.requestId ?? null,
    retry_after_ms: value.retryAfterMs ?? null,
    message: value.message,
    body: value.body ?? null,
    message_id: value.messageId ?? null,
    has_attempt: value.attempt !== undefined,
    cause: value.cause instanceof AvaError ? error(value.cause) : null,
  };
}
