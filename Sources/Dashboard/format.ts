/** The only place where a number becomes text. `null` is shown as a dash; zero is a value. */

const missing = "-";
const integers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const prices = new Intl.NumberFormat("en-US", { minimumFractionDigits: 5, maximumFractionDigits: 5 });

export function integer(value: number | null): string {
    return value === null ? missing : integers.format(value);
}

/** An APR, already in percent: `10.95%`. */
export function apr(value: number | null): string {
    return value === null ? missing : `${value.toFixed(2)}%`;
}

/** An APR among headings, where four digits and more get separators: `12,345.67%`. */
export function headlineAPR(value: number | null): string {
    if (value === null) return missing;
    const text = value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    return `${text}%`;
}

/** A fraction as percent with four decimals: 0.0001 → `0.0100%`. */
export function rate(value: number | null): string {
    return value === null ? missing : `${(value * 100).toFixed(4)}%`;
}

export function interval(hours: number | null): string {
    return hours === null ? missing : `${hours}h`;
}

/** US dollars in thousands, millions or billions: `1.23M USD`. */
export function dollars(value: number | null): string {
    if (value === null) return missing;
    const size = Math.abs(value);
    if (size >= 1e9) return `${(value / 1e9).toFixed(2)}B USD`;
    if (size >= 1e6) return `${(value / 1e6).toFixed(2)}M USD`;
    if (size >= 1e3) return `${(value / 1e3).toFixed(2)}K USD`;
    return `${value.toFixed(2)} USD`;
}

/** A price with five decimals; one too small for them with four significant digits instead of `$0.00000`. */
export function price(value: number | null): string {
    if (value === null) return missing;
    if (value !== 0 && Math.abs(value) < 0.0001) return `$${value.toPrecision(4)}`;
    return `$${prices.format(value)}`;
}

export function zScore(value: number | null): string {
    return value === null ? missing : value.toFixed(2);
}

export function percentile(value: number | null): string {
    return value === null ? missing : `${Math.round(value)}%`;
}

/** How long ago: `4s`, `2m 05s`, `3h 10m`, `2d 4h`. */
export function age(seconds: number | null): string {
    if (seconds === null) return missing;
    const whole = Math.max(0, Math.floor(seconds));
    if (whole < 60) return `${whole}s`;
    if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`;
    if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
    return `${Math.floor(whole / 86_400)}d ${Math.floor((whole % 86_400) / 3600)}h`;
}

/** Time left, `HH:MM:SS`; a due time that has passed says so instead of sticking at zero. */
export function countdown(seconds: number | null): string {
    if (seconds === null) return missing;
    if (seconds <= 0) return "due";
    const whole = Math.floor(seconds);
    return `${pad(Math.floor(whole / 3600))}:${pad(Math.floor((whole % 3600) / 60))}:${pad(whole % 60)}`;
}

/** Wall-clock time in the reader's own time zone: `20:15:03`. */
export function clock(milliseconds: number | null): string {
    if (milliseconds === null) return "--:--:--";
    const date = new Date(milliseconds);
    return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** Full precision for files, without the binary noise a multiplication leaves: 0.0001 × 100 → `0.01`. */
export function plainNumber(value: number): string {
    return String(Number(value.toPrecision(12)));
}

/** A moment in a file name, UTC: `2026-11-22T07-18-22Z`. */
export function fileStamp(milliseconds: number): string {
    return new Date(milliseconds).toISOString().slice(0, 19).replaceAll(":", "-") + "Z";
}

function pad(value: number): string {
    return String(value).padStart(2, "0");
}
