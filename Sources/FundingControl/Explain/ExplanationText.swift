import FundingJSON

/// The API's explanation of one contract's numbers, for people. Numbers are shown as the API wrote them.
struct ExplanationText {
    private let body: JSONView

    init(_ body: JSONView) { self.body = body }

    var failedChecks: Int { list("checks").count { $0["passed"]?.bool == false } }

    var text: String {
        let parts = [
            head, part("formulas", formulas), part("checks", checks), part("latest settlements", settlements),
            part("terms", terms), part("prediction scores", scores), part("the exchange's own words", words),
        ]
        return parts.compactMap(\.self).joined(separator: "\n\n")
    }

    // MARK: Parts

    private var head: String {
        let rows = [
            [
                "funding rate",
                "\(shown("funding_rate")), \(shown("funding_rate_kind")), every \(shown("funding_interval_hours")) h",
            ],
            ["seen", "\(shown("observed_at")), \(age) s ago: \(shown("freshness"))"],
            ["next funding", "\(shown("next_funding_time")), \(shown("next_funding_time_source"))\(ended)"],
        ]
        return "\(shown("exchange")) \(shown("symbol")), base asset \(shown("base_asset"))\n"
            + TextTable.aligned(rows)
    }

    private var ended: String {
        body["period_ended"]?.bool == true ? ": nothing was read since the payment before" : ""
    }

    private var age: String { body["age_seconds"]?.double.map { "\(($0 * 10).rounded() / 10)" } ?? "unknown" }

    private var formulas: [[String]] {
        list("formulas").flatMap { formula in
            [
                [Self.shown(formula["name"]), "= \(Self.shown(formula["formula"]))"],
                ["", "= \(Self.shown(formula["numbers"]))"], ["", "= \(Self.shown(formula["result"]))"],
            ]
        }
    }

    private var checks: [[String]] {
        list("checks").map { check in
            [check["passed"]?.bool == false ? "WRONG" : "ok", Self.shown(check["check"]), Self.shown(check["found"])]
        }
    }

    private var settlements: [[String]] {
        list("latest_settlements").map { paid in
            [
                Self.shown(paid["funding_time"]), Self.shown(paid["funding_rate"]),
                "for \(Self.shown(paid["funding_interval_hours"])) h", "\(Self.shown(paid["apr"])) % a year",
            ]
        }
    }

    private var terms: [[String]] {
        list("terms").map { entry in
            let kinds = entry["change"]?["kinds"]?.elements.map(Self.shown) ?? []
            let after = entry["change"]?["after"]?.members.map { "\($0.key) \(Self.shown($0.value))" } ?? []
            return [
                Self.shown(entry["valid_from"]), kinds.joined(separator: ", "), after.joined(separator: ", "),
            ]
        }
    }

    private var scores: [[String]] {
        let told = list("prediction_scores").filter { ($0["predictions"]?.int ?? 0) > 0 }
        guard !told.isEmpty else { return [] }
        let rows = told.map { score in
            [
                "\(Self.shown(score["horizon_minutes"])) min",
                "of \(Self.shown(score["funding_interval_hours"])) h", Self.shown(score["predictions"]),
                Self.shown(score["mean_error"]), Self.shown(score["mean_absolute_error"]),
                Self.shown(score["sign_flips"]),
            ]
        }
        return [["before", "payments", "number", "mean error", "mean absolute error", "signs flipped"]] + rows
    }

    private var words: [[String]] {
        guard let raw = body["raw"], raw.kind == .array else { return [["not kept any more"]] }
        return raw.elements.flatMap { excerpt in
            [
                ["\(Self.shown(excerpt["request"])), received \(Self.shown(excerpt["received_at"]))"],
                [Self.shown(excerpt["text"])],
            ]
        }
    }

    // MARK: Words

    private func part(_ title: String, _ rows: [[String]]) -> String? {
        rows.isEmpty ? nil : "\(title)\n" + TextTable.aligned(rows)
    }

    private func list(_ name: String) -> [JSONView] { body[name]?.elements.map(\.self) ?? [] }

    private func shown(_ name: String) -> String { Self.shown(body[name]) }

    private static func shown(_ value: JSONView?) -> String {
        guard let value, !value.isNull else { return "unknown" }
        return value.string ?? value.rawText
    }
}
