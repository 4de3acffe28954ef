// swift-tools-version: 6.0

import PackageDescription

let package = Package(
    name: "Soak",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "AvaIMessage", path: "../../../bindings/swift")],
    targets: [
        .executableTarget(name: "soak", dependencies: [.product(name: "AvaIMessage", package: "AvaIMessage")])
    ],
    swiftLanguageModes: [.v6]
)
