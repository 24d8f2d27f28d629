/** What the dashboard knows of an exchange besides its data: where it stands in a list and its colour. */
interface ExchangeStyle {
    colour: string;
    kind: "CEX" | "DEX";
}

const styles: Record<string, ExchangeStyle> = {
    Binance: { colour: "#F3BA2F", kind: "CEX" },
    ByBit: { colour: "#F7A600", kind: "CEX" },
    KuCoin: { colour: "#24AE8F", kind: "CEX" },
    Backpack: { colour: "#E8421D", kind: "CEX" },
    Hyperliquid: { colour: "#00D4FF", kind: "DEX" },
    Aster: { colour: "#9F7AEA", kind: "DEX" },
    Drift: { colour: "#A78BFA", kind: "DEX" },
    Lighter: { colour: "#818CF8", kind: "DEX" },
    Pacifica: { colour: "#10B981", kind: "DEX" },
    Deribit: { colour: "#6B7280", kind: "CEX" },
    Hibachi: { colour: "#FF6B6B", kind: "DEX" },
    MEXC: { colour: "#00D4FF", kind: "CEX" },
    dYdX: { colour: "#6B46C1", kind: "DEX" },
    Kraken: { colour: "#5741D9", kind: "CEX" },
    EdgeX: { colour: "#94A3B8", kind: "DEX" },
    ApeX: { colour: "#F472B6", kind: "DEX" },
};

const order = Object.keys(styles);

export function exchangeColour(exchange: string): string {
    return styles[exchange]?.colour ?? "#8492a6";
}

export function exchangeKind(exchange: string): string {
    return styles[exchange]?.kind ?? "";
}

/** The order of the filter's list: the usual one first, exchanges we have no place for after it, A to Z. */
export function inListOrder(exchanges: readonly string[]): string[] {
    const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
    return [...exchanges].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

/** The order of the grid's columns: A to Z, whatever the case. */
export function inColumnOrder(exchanges: Iterable<string>): string[] {
    return [...exchanges].sort((a, b) => a.localeCompare(b, "en", { sensitivity: "base" }));
}
