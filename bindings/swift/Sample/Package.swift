// swift-tools-version: 6.0

import PackageDescription

let products: [Target.Dependency] = [
    .product(name: "AvaIMessage", package: "AvaIMessage"),
    .product(name: "AvaIMessageTesting", package: "AvaIMessage"),
]

let package = Package(
    name: "Sample",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "AvaIMessage", path: "..")],
    targets: [
        // A command-line app that listens and replies.
        .executableTarget(name: "reply", dependencies: products),
        // What `cargo xtask demo swift` plays.
        .executableTarget(name: "conversation", dependencies: products),
    ],
    swiftLanguageModes: [.v6]
)
