// swift-tools-version: 6.0

import PackageDescription

// A stranger's project, beside the unpacked package.
let package = Package(
    name: "Converse",
    platforms: [.macOS(.v13)],
    dependencies: [.package(path: "../AvaIMessage")],
    targets: [
        .executableTarget(name: "converse", dependencies: [.product(name: "AvaIMessage", package: "AvaIMessage")])
    ],
    swiftLanguageModes: [.v6]
)
