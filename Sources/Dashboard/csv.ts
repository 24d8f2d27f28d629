/**
 * RFC 4180: commas, CRLF, quotes doubled. Numbers stay numbers; text that a spreadsheet would run gets an apostrophe
 * in front.
 */
export function csv(rows: readonly (readonly (string | number | null)[])[], number: (value: number) => string): string {
    const line = (row: readonly (string | number | null)[]) =>
        row.map((value) => (value === null ? "" : typeof value === "number" ? number(value) : field(value))).join(",");
    return rows.map((row) => line(row) + "\r\n").join("");
}

function field(text: string): string {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Hands the text to the browser as a download. */
export function download(fileName: string, text: string): void {
    const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = fileName;
    link.click();
    // The download has to begin before the address is let go.
    window.setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
