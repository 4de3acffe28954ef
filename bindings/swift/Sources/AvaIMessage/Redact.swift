// What is printed, logged or dumped holds nobody's data: by what each shows of itself, `print`, `debugPrint`, `dump` and
// string interpolation show no more.

/// The end of a number.
private func masked(_ phone: String) -> String { phone.count > 4 ? "+…\(phone.suffix(2))" : "+…" }

/// The length of a text, in the characters of Unicode: as every language here counts them.
private func measured(_ text: String) -> String { "<\(text.unicodeScalars.count) characters>" }

private func shown<Subject>(_ subject: Subject, _ members: KeyValuePairs<String, Any>) -> Mirror {
    Mirror(subject, children: members, displayStyle: .struct)
}

extension Message: CustomReflectable {
    /// Neither the text nor the whole number.
    public var customMirror: Mirror {
        shown(
            self,
            [
                "id": id, "phone": masked(phone), "text": measured(text), "direction": direction,
                "timestamp": timestamp, "status": status, "extra": extra,
            ])
    }
}

extension GeneratedMessage: CustomReflectable {
    /// Not the text.
    public var customMirror: Mirror {
        shown(
            self,
            [
                "text": measured(text), "messageID": messageID, "sent": sent, "timestamp": timestamp, "extra": extra,
            ])
    }
}

extension Turn: CustomReflectable {
    /// Not what is said.
    public var customMirror: Mirror { shown(self, ["role": role, "content": measured(content)]) }
}

extension Extra: CustomReflectable {
    /// The names of the members.
    public var customMirror: Mirror { shown(self, ["members": members.keys.sorted()]) }
}

extension Attempt: CustomReflectable {
    /// Neither the text nor the whole number.
    public var customMirror: Mirror {
        shown(self, ["phone": masked(phone), "text": measured(text), "isPortable": isPortable])
    }
}

extension Messages: CustomReflectable {
    /// Not the whole number.
    public var customMirror: Mirror { shown(self, ["phone": masked(phone), "options": options]) }
}

extension CallOptions: CustomReflectable {
    /// Of the headers, the names.
    public var customMirror: Mirror {
        shown(
            self,
            ["timeout": timeout as Any, "maxRetries": maxRetries as Any, "headers": headers.keys.sorted()])
    }
}

extension AvaClient.Options: CustomReflectable {
    /// Of the headers, the names.
    public var customMirror: Mirror {
        shown(
            self,
            [
                "timeout": timeout as Any, "connectTimeout": connectTimeout as Any,
                "readIdleTimeout": readIdleTimeout as Any, "poolIdleTimeout": poolIdleTimeout as Any,
                "maxRetries": maxRetries as Any, "backoff": backoff as Any, "backoffMax": backoffMax as Any,
                "confirmFromHistory": confirmFromHistory as Any, "settleWithin": settleWithin as Any,
                "settleGap": settleGap as Any, "rateLimitedIsNotSent": rateLimitedIsNotSent as Any,
                "maxResponseBytes": maxResponseBytes as Any, "headers": headers.keys.sorted(),
                "userAgent": userAgent as Any, "log": log?.level as Any,
            ])
    }
}
