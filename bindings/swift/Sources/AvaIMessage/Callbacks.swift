internal import AvaCore
import Foundation

/// A short-lived token, as a token provider gives it.
public struct AvaToken: Sendable, CustomStringConvertible, CustomReflectable {
    let secret: String
    let expiry: Expiry?

    enum Expiry: Sendable {
        case `in`(Duration)
        case at(Date)
    }

    /// A token that is used until the service refuses it with 401.
    public init(_ secret: String) {
        self.secret = secret
        expiry = nil
    }

    /// A token and for how long it is valid from now on: needs no clocks that agree.
    public init(_ secret: String, expiresIn life: Duration) {
        self.secret = secret
        expiry = .in(life)
    }

    /// A token and until when it is valid, by this machine's clock.
    public init(_ secret: String, expiresAt date: Date) {
        self.secret = secret
        expiry = .at(date)
    }

    /// Not the token.
    public var description: String { "AvaToken(…)" }
    /// Not the token.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where a listener keeps what was acknowledged.
public struct Checkpoint: Sendable {
    let path: String?
    let store: StoreOfSwift?

    /// A file, made by the first save; its folder must be there.
    ///
    /// Of one listener at a time. Nothing keeps a second one from it, here or in another process; then each writes over
    /// what the other has saved, and after a restart messages come twice or not at all.
    public static func file(_ url: URL) -> Checkpoint { file(url.path) }

    /// A file by its path.
    public static func file(_ path: String) -> Checkpoint { Checkpoint(path: path, store: nil) }

    /// A store of your own: a database, a key-value store.
    public static func store(_ store: any CheckpointStore) -> Checkpoint {
        Checkpoint(path: nil, store: StoreOfSwift(store: store))
    }
}

/// Keeps a listener's state as text. What it throws ends the listener with ``AvaError/storage(_:)``.
public protocol CheckpointStore: Sendable {
    /// The text saved last, or `nil` if there never was one.
    func load() async throws -> String?

    /// Keeps a text in place of the last. Called one at a time, in order; if it throws, the last must still be there.
    func save(_ state: String) async throws
}

/// What a function of the application threw, on its way through Rust and back.
final class ThrownError: Thrown {
    let error: any Error

    init(_ error: any Error) {
        self.error = error
    }

    func className() -> String { String(describing: type(of: error)) }
}

private func throwing<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch {
        throw CallbackError.Thrown(thrown: ThrownError(error))
    }
}

final class Provider: TokenProvider {
    private let ask: @Sendable () async throws -> AvaToken

    init(ask: @escaping @Sendable () async throws -> AvaToken) {
        self.ask = ask
    }

    func token() async throws -> Token {
        let token = try await throwing { try await ask() }
        return switch token.expiry {
        case nil: Token(secret: token.secret, expiresInMs: nil, expiresAt: nil)
        case .in(let life): Token(secret: token.secret, expiresInMs: milliseconds(life), expiresAt: nil)
        case .at(let date): Token(secret: token.secret, expiresInMs: nil, expiresAt: Moment(date))
        }
    }
}

final class StoreOfSwift: AvaCore.CheckpointStore {
    private let store: any CheckpointStore

    init(store: any CheckpointStore) {
        self.store = store
    }

    func load() async throws -> String? { try await throwing { try await store.load() } }
    func save(state: String) async throws { try await throwing { try await store.save(state) } }
}

final class UnknownHook: ClientHooks {
    private let told: @Sendable (Attempt) -> Void

    init(_ told: @escaping @Sendable (Attempt) -> Void) {
        self.told = told
    }

    func onUnknown(attempt: AvaCore.Attempt) { told(Attempt(attempt)) }
}

final class Hooks: ListenHooks {
    private let gap: (@Sendable (Gap) -> Void)?
    private let skipped: (@Sendable (SkippedRow) -> Void)?
    private let retry: (@Sendable (AvaError) -> Void)?

    init(
        onGap: (@Sendable (Gap) -> Void)?, onSkipped: (@Sendable (SkippedRow) -> Void)?,
        onRetry: (@Sendable (AvaError) -> Void)?
    ) {
        (gap, skipped, retry) = (onGap, onSkipped, onRetry)
    }

    func onGap(gap: AvaCore.Gap) { self.gap?(Gap(gap)) }
    func onSkipped(row: AvaCore.SkippedRow) { skipped?(SkippedRow(row)) }
    func onRetry(error: CoreError) { retry?(AvaError(error)) }
}
