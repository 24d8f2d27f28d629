import type { GridFrame } from "./types";

export type Verdict = "apply" | "ignore" | "missed";

/**
 * Decides what to do with each grid frame. `seq` counts the frames of all channels, so holes in it are normal;
 * a grid frame names its predecessor, and that must be the one applied last.
 */
export class GridChain {
    private last: number | null = null;

    /** A whole grid has been taken over; what came before no longer matters. */
    restart(seq: number): void {
        this.last = seq;
    }

    get lastSeq(): number | null {
        return this.last;
    }

    judge(frame: GridFrame): Verdict {
        if (this.last === null || frame.seq <= this.last) return "ignore";
        // A snapshot may be stamped later than the grid frame it includes: a predecessor before it is covered by it.
        if (frame.prev !== undefined && frame.prev !== null && frame.prev > this.last) return "missed";
        this.last = frame.seq;
        return "apply";
    }
}
