// swift-tools-version: 6.0

import Foundation
import PackageDescription

// The native half. `cargo xtask` builds it, and writes Native/ and Sources/AvaCore/ together.
#if os(Linux)
    let native = Target.systemLibrary(name: "AvaCoreFFI", path: "Native")
    let library = "\(Context.packageDirectory)/Native"
    let linking: [LinkerSetting] = [
        .unsafeFlags(["-L\(library)", "-Xlinker", "-rpath", "-Xlinker", library]),
        .linkedLibrary("ava_uniffi"),
    ]
#else
    let native = Target.binaryTarget(name: "AvaCoreFFI", path: "Native/AvaCoreFFI.xcframework")
    let linking: [LinkerSetting] = []
#endif

// They are in the repository only.
let tests = FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/Tests")

let package = Package(
    name: "AvaIMessage",
    // `Duration` came with these.
    platforms: [.macOS(.v13), .iOS(.v16), .tvOS(.v16), .watchOS(.v9), .visionOS(.v1)],
    products: [
        .library(name: "AvaIMessage", targets: ["AvaIMessage"]),
        .library(name: "AvaIMessageTesting", targets: ["AvaIMessageTesting"]),
    ],
    targets: [
        native,
        // Generated. Swift 6.0's compiler crashes on UniFFI's callbacks in the mode that checks concurrency.
        .target(
            name: "AvaCore", dependencies: ["AvaCoreFFI"], swiftSettings: [.swiftLanguageMode(.v5)],
            linkerSettings: linking),
        .target(name: "AvaIMessage", dependencies: ["AvaCore"]),
        .target(name: "AvaIMessageTesting", dependencies: ["AvaIMessage"]),
    ]
        + (tests
            ? [.testTarget(name: "AvaIMessageTests", dependencies: ["AvaCore", "AvaIMessage", "AvaIMessageTesting"])]
            : []),
    swiftLanguageModes: [.v6]
)
