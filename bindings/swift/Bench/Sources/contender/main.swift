// One contender at one task: `contender ours send --url URL --calls N --warm-up N --in-flight N`. It measures itself,
// and prints what it measured as JSON on its last line.
//
// Both keep connections, set the same headers, have a deadline of 30 s, and give what a caller wants: the id of a send;
// of a page typed rows with text and time.

import AvaIMessage
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

let key = "sk_bench_0123456789"
let text = "Your appointment is tomorrow at noon."
/// Whose conversation has a hundred messages, by the server.
let phone = "+15550000100"

protocol Contender: Sendable {
    func send() async throws -> String
    /// How many rows there are, and letters and seconds in them: everything is looked at.
    func page() async throws -> (rows: Int, letters: Int, seconds: Double)
}

struct Ours: Contender {
    let client: AvaClient

    func send() async throws -> String { try await client.send(text, to: phone).messageID }

    func page() async throws -> (rows: Int, letters: Int, seconds: Double) {
        let rows = try await client.messagesPage(phone: phone, limit: 100).messages
        return rows.reduce((rows.count, 0, 0)) {
            ($0.0, $0.1 + $1.text.utf8.count, $0.2 + $1.timestamp.timeIntervalSince1970)
        }
    }

    /// Refused before it leaves: from the call to its error, through the library's runtime and back.
    func overhead() async throws {
        do {
            try await client.send(text, to: "nobody")
        } catch AvaError.invalidRequest {}
    }
}

struct OverURLSession: Contender {
    struct Sending: Encodable {
        let phone: String
        let message: String
    }
    struct Sent: Decodable { let message_id: String }
    struct Page: Decodable { let messages: [Row] }
    struct Row: Decodable {
        let id: String
        let phone: String
        let message: String
        let direction: String
        let timestamp: Date
        let status: String
    }

    let url: String
    let session: URLSession

    init(url: String) {
        self.url = url
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 30
        configuration.httpMaximumConnectionsPerHost = 64
        session = URLSession(configuration: configuration)
    }

    func ask(_ path: String, _ body: Data? = nil) async throws -> Data {
        var request = URLRequest(url: URL(string: url + path)!)
        request.setValue("Bearer \(key)", forHTTPHeaderField: "authorization")
        if let body {
            request.httpMethod = "POST"
            request.httpBody = body
            request.setValue("application/json", forHTTPHeaderField: "content-type")
        }
        let (data, answer) = try await session.data(for: request)
        guard (answer as? HTTPURLResponse)?.statusCode == 200 else { throw URLError(.badServerResponse) }
        return data
    }

    func send() async throws -> String {
        let body = try JSONEncoder().encode(Sending(phone: phone, message: text))
        return try JSONDecoder().decode(Sent.self, from: try await ask("/api/send", body)).message_id
    }

    func page() async throws -> (rows: Int, letters: Int, seconds: Double) {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        let data = try await ask("/api/messages/%2B\(phone.dropFirst())?limit=100&offset=0")
        let rows = try decoder.decode(Page.self, from: data).messages
        return rows.reduce((rows.count, 0, 0)) {
            ($0.0, $0.1 + $1.message.utf8.count, $0.2 + $1.timestamp.timeIntervalSince1970)
        }
    }
}

func run(_ contender: any Contender, _ task: String, calls: Int, inFlight: Int) async throws {
    switch task {
    case "send":
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<inFlight {
                group.addTask {
                    for _ in 0..<(calls / inFlight) { _ = try await contender.send() }
                }
            }
            try await group.waitForAll()
        }
    case "page":
        for _ in 0..<calls {
            let seen = try await contender.page()
            precondition(seen.rows == 100 && seen.letters > 100 && seen.seconds > 0)
        }
    case "overhead":
        guard let ours = contender as? Ours else { preconditionFailure("only ours has none") }
        for _ in 0..<calls { try await ours.overhead() }
    default:
        preconditionFailure("no such task: \(task)")
    }
}

/// Nanoseconds, user and system.
func cpu() -> Int {
    var usage = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &usage)
    return Int(usage.tv_sec) * 1_000_000_000 + Int(usage.tv_nsec)
}

let arguments = CommandLine.arguments
func option(_ name: String) -> String? {
    arguments.firstIndex(of: "--\(name)").map { arguments[$0 + 1] }
}
let url = option("url") ?? ""
let (calls, warmUp) = (Int(option("calls") ?? "") ?? 1, Int(option("warm-up") ?? "") ?? 0)
let inFlight = Int(option("in-flight") ?? "") ?? 1

let contender: any Contender =
    arguments[1] == "ours"
    ? Ours(client: try AvaClient(apiKey: key, baseURL: URL(string: url)))
    : OverURLSession(url: url)
try await run(contender, arguments[2], calls: warmUp, inFlight: inFlight)
let (cpuBefore, began) = (cpu(), ContinuousClock.now)
try await run(contender, arguments[2], calls: calls, inFlight: inFlight)
let (wall, cpuAfter) = (ContinuousClock.now - began, cpu())
let wallNs = Int(wall.components.seconds) * 1_000_000_000 + Int(wall.components.attoseconds / 1_000_000_000)
print(#"{"calls": \#(calls / inFlight * inFlight), "cpu_ns": \#(cpuAfter - cpuBefore), "wall_ns": \#(wallNs)}"#)
