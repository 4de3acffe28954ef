// swift-tools-version: 6.0

import Foundation
import PackageDescription

// A project as anybody's would be. `cargo xtask test swift` writes the blocks of the documents into it.
let products: [Target.Dependency] = [
    .product(name: "AvaIMessage", package: "AvaIMessage"),
    .product(name: "AvaIMessageTesting", package: "AvaIMessage"),
]
let sources = (try? FileManager.default.contentsOfDirectory(atPath: Context.packageDirectory + "/Sources")) ?? []

let package = Package(
    name: "Consumer",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "AvaIMessage", path: "../../../bindings/swift")],
    targets: sources.sorted().map { name in
        name.hasSuffix("Tests")
            ? .testTarget(name: name, dependencies: products, path: "Sources/\(name)")
            : .executableTarget(name: name, dependencies: products)
    },
    swiftLanguageModes: [.v6]
)
