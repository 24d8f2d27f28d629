// swift-tools-version: 6.2
import PackageDescription

// The walls of the house stand here: a target can import only what its line names (`make lint` checks it). In
// particular no path leads from FundingAPI to CurlDriver, so the API cannot reach an exchange.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

func library(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "funding-suite",
    products: [
        .executable(name: "funding-collector", targets: ["FundingCollector"]),
        .executable(name: "funding-backfiller", targets: ["FundingBackfiller"]),
        .executable(name: "funding-scanner", targets: ["FundingScanner"]),
        .executable(name: "funding-api", targets: ["FundingAPI"]),
        .executable(name: "fundingctl", targets: ["FundingControl"]),
        .executable(name: "exchange-simulator", targets: ["ExchangeSimulator"]),
        .library(name: "FundingCore", targets: ["FundingCore", "FundingStore", "FundingRuntime"]),
        // For system tests, which preload it into the programs: a wall clock that they set.
        .library(name: "SteppedClock", type: .dynamic, targets: ["SteppedClock"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // The C libraries. hiredis goes without pkg-config: its flags are refused with a warning at every build.
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CLibcurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        // What the allocator is told before any thread asks for memory.
        .target(name: "CHeap"),

        // What knows nothing of funding.
        library("PostgresDriver", ["CLibpq"]),
        library("RedisDriver", ["CHiredis"]),
        library("CurlDriver", ["CLibcurl"]),
        library("FundingJSON"),
        library(
            "WebServer",
            [
                "CZlib", logging, lifecycle,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ]
        ),

        // The domain, and what all processes share.
        library("FundingCore", ["FundingJSON"]),
        library("FundingExchanges", ["FundingCore", "FundingJSON", "CurlDriver"], exclude: ["README.md"]),
        library("FundingStore", ["FundingCore", "PostgresDriver", "RedisDriver", logging]),
        library("FundingRuntime", ["CHeap", "FundingCore", "FundingJSON", logging, lifecycle, signals]),
        library("FundingAlerts", ["FundingCore", "FundingJSON", "FundingRuntime", "CurlDriver"]),

        // The processes.
        program(
            "FundingCollector",
            [
                "FundingCore", "FundingExchanges", "FundingJSON", "FundingRuntime", "FundingStore", "CurlDriver",
                "PostgresDriver", "RedisDriver", argumentParser, logging, lifecycle,
            ]
        ),
        program(
            "FundingBackfiller",
            [
                "FundingCore", "FundingExchanges", "FundingJSON", "FundingRuntime", "FundingStore", "CurlDriver",
                "PostgresDriver", "RedisDriver", argumentParser, logging, lifecycle,
            ]
        ),
        program(
            "FundingScanner",
            [
                "FundingAlerts", "FundingCore", "FundingJSON", "FundingRuntime", "FundingStore", "CurlDriver",
                "PostgresDriver", "RedisDriver", argumentParser, logging, lifecycle,
            ]
        ),
        program(
            "FundingAPI",
            [
                "FundingCore", "FundingJSON", "FundingRuntime", "FundingStore", "PostgresDriver", "RedisDriver",
                "WebServer", argumentParser, logging, lifecycle,
            ]
        ),
        program(
            "FundingControl",
            [
                "FundingAlerts", "FundingCore", "FundingJSON", "FundingRuntime", "FundingStore", "CurlDriver",
                "PostgresDriver", "RedisDriver", argumentParser, logging,
            ]
        ),
        program(
            "ExchangeSimulator",
            ["FundingJSON", "FundingRuntime", "WebServer", "CZlib", argumentParser, logging, lifecycle]
        ),

        // Measures, for `make bench`; not shipped.
        program(
            "FundingBench",
            [
                "FundingCore", "FundingExchanges", "FundingJSON", "FundingRuntime", "FundingStore", "CurlDriver",
                "PostgresDriver", "RedisDriver", "WebServer",
            ]
        ),

        .target(
            name: "TestSupport",
            dependencies: ["FundingCore", "FundingRuntime", "FundingStore", "PostgresDriver", "RedisDriver"],
            path: "Tests/TestSupport", swiftSettings: strict
        ),
        tests("FundingJSONTests", ["FundingJSON"]),
        tests("PostgresDriverTests", ["PostgresDriver"]),
        tests("RedisDriverTests", ["RedisDriver"]),
        tests("CurlDriverTests", ["CurlDriver"]),
        tests(
            "WebServerTests",
            [
                "WebServer", "CZlib", logging, lifecycle,
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]
        ),
        tests("FundingCoreTests", ["FundingCore", "FundingJSON"]),
        tests("FundingExchangesTests", ["FundingExchanges", "FundingCore", "FundingJSON", "CurlDriver"]),
        tests(
            "FundingStoreTests",
            [
                "FundingStore", "FundingCore", "FundingRuntime", "PostgresDriver", "RedisDriver", "TestSupport",
                logging,
            ]
        ),
        tests(
            "FundingBackfillerTests",
            ["FundingBackfiller", "FundingCore", "FundingExchanges", "FundingRuntime", "FundingStore"]
        ),
        tests(
            "FundingScannerTests",
            [
                "FundingScanner", "FundingAlerts", "FundingCore", "FundingRuntime", "FundingStore", "CurlDriver",
                "PostgresDriver", "RedisDriver", "TestSupport", logging, lifecycle,
            ]
        ),
        tests(
            "FundingAlertsTests",
            ["FundingAlerts", "FundingCore", "FundingJSON", "FundingRuntime", "CurlDriver", "TestSupport"]
        ),
        tests(
            "FundingControlTests",
            ["FundingControl", "FundingCore", "FundingJSON", "FundingStore", "PostgresDriver", "TestSupport"]
        ),
        tests(
            "FundingAPITests",
            [
                "FundingAPI", "FundingCore", "FundingJSON", "FundingRuntime", "FundingStore", "PostgresDriver",
                "RedisDriver", "TestSupport", "WebServer", logging, lifecycle,
            ]
        ),
        tests(
            "ExchangeSimulatorTests",
            ["ExchangeSimulator", "FundingJSON", "FundingRuntime", "WebServer", logging, lifecycle]
        ),
        .target(name: "SteppedClock", path: "Tests/SteppedClock", linkerSettings: [.linkedLibrary("dl")]),
        tests(
            "SystemTests", ["FundingCore", "FundingJSON", "CurlDriver", "PostgresDriver", "RedisDriver", "TestSupport"]
        ),
    ],
    swiftLanguageModes: [.v6]
)
