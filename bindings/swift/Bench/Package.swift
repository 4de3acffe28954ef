// swift-tools-version: 6.0

import PackageDescription

let package = Package(
    name: "Bench",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "AvaIMessage", path: "..")],
    targets: [
        .executableTarget(
            name: "contender", dependencies: [.product(name: "AvaIMessage", package: "AvaIMessage")])
    ],
    swiftLanguageModes: [.v6]
)
