/** Waiting times between attempts: 1, 2, 4 … 30 s, each drawn anew from zero to that limit (full jitter). */
export class Backoff {
    private failures = 0;

    constructor(private readonly firstSeconds = 1, private readonly limitSeconds = 30) {}

    nextMilliseconds(): number {
        const limit = Math.min(this.limitSeconds, this.firstSeconds * 2 ** this.failures);
        this.failures += 1;
        return Math.random() * limit * 1000;
    }

    reset(): void {
        this.failures = 0;
    }
}
