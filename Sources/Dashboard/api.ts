import type { ContractRow, ContractsBody, GridBody, HealthBody } from "./types";

const timeoutMilliseconds = 10_000;
const attempts = 3;

/** The API refused or could not be reached. `status` is null when no answer came at all. */
export class APIError extends Error {
    constructor(message: string, readonly status: number | null) {
        super(message);
        this.name = "APIError";
    }
}

/** The only place that fetches. Same origin, always relative, so the dashboard runs behind any host and port. */
export const api = {
    /** The whole grid; `null` when it has not changed since the last call. One attempt: its caller polls. */
    async grid(): Promise<GridBody | null> {
        const response = await request("/api/funding-rates-grid", gridTag === null ? {} : { "If-None-Match": gridTag });
        if (response.status === 304) return null;
        const body = await read<GridBody>(response);
        gridTag = response.headers.get("ETag");
        return body;
    },

    contracts(asset: string): Promise<ContractsBody> {
        return retried(async () => read(await request(`/api/contracts-by-asset/${encodeURIComponent(asset)}`)));
    },

    /** Every contract of every exchange. */
    allContracts(): Promise<ContractRow[]> {
        return retried(async () => read(await request("/api/funding-rates?limit=5000")));
    },

    health(): Promise<HealthBody> {
        return retried(async () => {
            const response = await request("/api/health");
            // An unhealthy service answers 503 with the same body, which is what the caller wants to know.
            return response.status === 503 ? ((await response.json()) as HealthBody) : read<HealthBody>(response);
        });
    },

    /** Forgets what is known of the grid, so that the next call brings it in full. */
    forgetGrid(): void {
        gridTag = null;
    },
};

let gridTag: string | null = null;

async function request(path: string, headers: Record<string, string> = {}): Promise<Response> {
    const limit = new AbortController();
    const timer = window.setTimeout(() => limit.abort(), timeoutMilliseconds);
    try {
        return await fetch(path, {
            headers: { Accept: "application/json", ...headers },
            cache: "no-store",
            signal: limit.signal,
        });
    } catch {
        const late = limit.signal.aborted;
        throw new APIError(late ? `${path} did not answer within 10 s` : `${path} could not be reached`, null);
    } finally {
        window.clearTimeout(timer);
    }
}

async function read<Body>(response: Response): Promise<Body> {
    if (!response.ok) throw new APIError(await refusal(response), response.status);
    try {
        return (await response.json()) as Body;
    } catch {
        throw new APIError(`${pathOf(response)} answered with something other than JSON`, response.status);
    }
}

/** The server's own words where it gave any. */
async function refusal(response: Response): Promise<string> {
    const fallback = `${pathOf(response)} answered ${response.status}`;
    try {
        const body = (await response.json()) as { detail?: unknown };
        return typeof body.detail === "string" ? `${body.detail} (${response.status})` : fallback;
    } catch {
        return fallback;
    }
}

function pathOf(response: Response): string {
    return new URL(response.url).pathname;
}

/** Asks again after 1 and 2 s, unless the server said that the request itself is wrong. */
async function retried<Body>(ask: () => Promise<Body>): Promise<Body> {
    for (let attempt = 1; ; attempt += 1) {
        try {
            return await ask();
        } catch (error) {
            const refused = error instanceof APIError && error.status !== null && error.status < 500;
            if (refused || attempt === attempts) throw error;
            await new Promise((resume) => setTimeout(resume, 1000 * 2 ** (attempt - 1)));
        }
    }
}
