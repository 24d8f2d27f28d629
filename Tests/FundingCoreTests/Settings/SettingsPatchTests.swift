import Foundation
import FundingCore
import Testing

struct SettingsPatchTests {
    /// The examples of RFC 7396, appendix A, whose target and patch are objects.
    @Test(arguments: [
        (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
        (#"{"a":"b"}"#, #"{"a":null}"#, #"{}"#),
        (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
        (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
        (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
        (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
        (#"{"a":"foo"}"#, #"{"b":{"bb":{"ccc":null}}}"#, #"{"a":"foo","b":{"bb":{}}}"#),
        (#"{}"#, #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
        (#"{"a":"foo"}"#, #"{"a":{"b":1}}"#, #"{"a":{"b":1}}"#),
    ])
    func mergesAsTheRFCSays(document: String, patch: String, expected: String) throws {
        let merged = try SettingsPatch.merge(Array(patch.utf8), into: Array(document.utf8))
        #expect(String(decoding: merged, as: UTF8.self) == expected)
    }

    @Test func whatIsNotNamedStays() throws {
        let document = #"{"alerts":{"rules":{"a":{"kind":"apr","threshold":1},"b":{"kind":"apr","threshold":2}}}}"#
        let merged = try SettingsPatch.merge(
            Array(#"{"alerts":{"rules":{"b":{"threshold":3}}},"scanner":{"holding_hours":24}}"#.utf8),
            into: Array(document.utf8))
        let (settings, problems) = SuiteSettings.read(merged)
        #expect(problems.isEmpty)
        #expect(settings.alerts.rules.mapValues(\.threshold) == ["a": 1, "b": 3])
        #expect(settings.scanner.policy.holdingHours == 24 && settings.alerts.keptDays == AlertSettings().keptDays)
    }

    @Test(arguments: ["[]", "7", "", "{"])
    func aPatchIsAnObject(text: String) {
        #expect(throws: SettingsPatch.Malformed.self) {
            try SettingsPatch.merge(Array(text.utf8), into: Array("{}".utf8))
        }
    }

    @Test func anExportedFileHoldsTheDocument() throws {
        let document = Array(#"{"scanner": {"holding_hours": 24}}"#.utf8)
        let file = SettingsFile.encoded(document, revision: 7, at: Date(timeIntervalSince1970: 1_790_000_000))
        #expect(try SettingsFile.document(in: file) == document)
        for (text, paths) in [
            (#"{"version":"2.0"}"#, ["version", "settings"]), (#"{"version":"1.0"}"#, ["settings"]), ("{", [""]),
        ] {
            let error = #expect(throws: SettingsRefused.self) { try SettingsFile.document(in: Array(text.utf8)) }
            #expect(error?.problems.map(\.path) == paths)
        }
    }

    @Test func anEventIsReadAsItWasWritten() throws {
        let event = SettingsEvent(revision: 12, savedAt: Date(timeIntervalSince1970: 1_790_000_000.25))
        #expect(try SettingsEvent(wire: event.encoded()) == event)
        #expect(throws: (any Error).self) { try SettingsEvent(wire: Array(#"{"v":1,"type":"rates"}"#.utf8)) }
    }
}
