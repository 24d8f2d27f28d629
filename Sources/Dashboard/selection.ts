/**
 * Which exchanges are shown. Kept either as the ones wanted (from a link: show exactly these) or as the ones not
 * wanted (from the filter: an exchange that appears later is shown). Names compare without case.
 */
export class ExchangeSelection {
    private constructor(private readonly kind: "only" | "except", private readonly names: ReadonlySet<string>) {}

    static readonly all = new ExchangeSelection("except", new Set());

    static only(names: Iterable<string>): ExchangeSelection {
        return new ExchangeSelection("only", lowered(names));
    }

    static except(names: Iterable<string>): ExchangeSelection {
        return new ExchangeSelection("except", lowered(names));
    }

    /** The selected ones among those present; all of them if the selection names none of them. */
    among(present: readonly string[]): string[] {
        const chosen = present.filter((name) => this.names.has(name.toLowerCase()) === (this.kind === "only"));
        return chosen.length > 0 ? chosen : [...present];
    }
}

function lowered(names: Iterable<string>): Set<string> {
    return new Set([...names].map((name) => name.trim().toLowerCase()).filter((name) => name !== ""));
}
