/** How old what is on screen is, reckoned on the server's clock, since the reader's own may be wrong. */
export class DataAge {
    private offset = 0;
    private newest: number | null = null;

    /** The server's time now, in milliseconds. */
    get now(): number {
        return Date.now() + this.offset;
    }

    /** When the newest data on screen was observed by the collector. */
    get time(): number | null {
        return this.newest;
    }

    get seconds(): number | null {
        return this.newest === null ? null : Math.max(0, (this.now - this.newest) / 1000);
    }

    /** The server has just said what time it is. */
    setClock(timestamp: string): void {
        const time = Date.parse(timestamp);
        if (!Number.isNaN(time)) this.offset = time - Date.now();
    }

    /** Data observed at this time has come. */
    note(milliseconds: number | null): void {
        if (milliseconds !== null) this.newest = Math.max(milliseconds, this.newest ?? 0);
    }
}
