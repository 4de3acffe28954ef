import AvaIMessage

/// Results and errors as the JSON that vectors compare with.
protocol Viewed {
    var view: JSONValue { get }
}

extension Extra: Viewed {
    var view: JSONValue { .object(members) }
}

extension Message: Viewed {
    var view: JSONValue {
        [
            "id": .string(id), "phone": .string(phone), "text": .string(text),
            "direction": .string(direction.rawValue), "timestamp": rfc3339(timestamp),
            "status": .string(status.rawValue), "extra": extra.view,
        ]
    }
}

extension SentMessage: Viewed {
    var view: JSONValue {
        [
            "message_id": .string(messageID), "timestamp": rfc3339(timestamp),
            "confirmation": .string(confirmation.rawValue), "extra": extra.view,
        ]
    }
}

extension GeneratedMessage: Viewed {
    var view: JSONValue {
        [
            "text": .string(text), "message_id": .string(messageID), "sent": .bool(sent),
            "timestamp": rfc3339(timestamp), "extra": extra.view,
        ]
    }
}

extension SkippedRow: Viewed {
    var view: JSONValue { ["index": .integer(index), "reason": .string(reason)] }
}

extension MessagePage: Viewed {
    var view: JSONValue {
        [
            "messages": .array(messages.map(\.view)), "total": .integer(total), "limit": .integer(limit),
            "offset": .integer(offset), "skipped": .array(skipped.map(\.view)), "extra": extra.view,
        ]
    }
}

extension PollPage: Viewed {
    var view: JSONValue {
        [
            "messages": .array(messages.map(\.view)), "count": .integer(count), "has_more": .bool(hasMore),
            "skipped": .array(skipped.map(\.view)), "extra": extra.view,
        ]
    }
}

extension Gap: Viewed {
    var view: JSONValue { ["from": rfc3339(from), "to": rfc3339(to)] }
}

extension AvaError: Viewed {
    var view: JSONValue {
        func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
        let wait = retryAfter.map { wait in
            JSONValue.integer(
                Int(wait.components.seconds) * 1000 + Int(wait.components.attoseconds / 1_000_000_000_000_000))
        }
        return [
            "code": .string(code), "number": .integer(number), "status": status.map(JSONValue.integer) ?? .null,
            "delivery": text(delivery?.rawValue), "request_id": text(requestID), "retry_after_ms": wait ?? .null,
            "message": .string(localizedDescription), "body": text(body), "message_id": text(messageID),
            "has_attempt": .bool(attempt != nil), "cause": (cause as? AvaError)?.view ?? .null,
        ]
    }
}
