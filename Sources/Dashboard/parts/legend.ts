import { element, setText } from "../dom";
import type { View } from "../views";

/** What the colours mean, and how often data comes. */
export class Legend {
    private readonly heading = element("span", { class: "legend-heading" });
    private readonly hint = element("span", { class: "legend-hint" });
    readonly root = element(
        "footer",
        { class: "legend", testid: "legend" },
        this.heading,
        element("span", { class: "legend-key positive", text: "Positive (Long pays Short)" }),
        element("span", { class: "legend-key negative", text: "Negative (Short pays Long)" }),
        element("span", { class: "legend-key missing", text: "No Data" }),
        element(
            "span",
            { class: "legend-scale", title: "Tint by size of the APR, whatever the view" },
            "Tint by APR",
            ...["0–10", "10–30", "30–100", ">100%"].map((text, bin) => element("i", { text, "data-bin": bin })),
        ),
        this.hint,
    );

    show(view: View): void {
        const horizon = view.hours === null ? "" : view.title.replace(/^.*\((.*)\)$/, "$1");
        setText(this.heading, view.hours === null ? "APR (Annualized):" : `Projected Funding (${view.label}):`);
        const projection = `Projected funding over ${horizon} at current rate`;
        const meaning = horizon === "" ? "Rates are pushed as they change" : projection;
        setText(this.hint, `${meaning} - Click arrow to expand contracts`);
    }
}
