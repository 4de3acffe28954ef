internal import AvaCore

/// A call under way, as the native half has it.
protocol CoreCall<Value>: Sendable {
    associatedtype Value

    /// Ends when the call has.
    func wait() async
    func cancel()
    /// What came of it, once.
    func take() throws -> Value
}

extension SendCall: CoreCall {}
extension SettleCall: CoreCall {}
extension PageCall: CoreCall {}
extension PollCall: CoreCall {}
extension GenerateCall: CoreCall {}
extension ListenCall: CoreCall {}
extension NextCall: CoreCall {}
extension DoneCall: CoreCall {}

/// Awaits a call; the task's cancellation is the call's.
///
/// UniFFI's own `async` methods ignore it. A value that is there in spite of a late cancellation is given all the same:
/// a message that went out is worth knowing of.
func value<Call: CoreCall>(of call: Call) async throws -> Call.Value {
    await withTaskCancellationHandler {
        await call.wait()
    } onCancel: {
        call.cancel()
    }
    return try failing(call.take)
}

/// Throws what applications know instead of what the native half throws.
func failing<Value>(_ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let error as CoreError {
        let error = AvaError(error)
        if case .cancelled = error { throw CancellationError() }
        throw error
    } catch {
        // UniFFI's own; its words may hold anything.
        throw AvaError(.internal, reason: "a bug in this library, at its border")
    }
}
