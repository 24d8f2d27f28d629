import { api } from "./api";
import * as format from "./format";

/** Why data that should be fresh is not, in words for the reader, as far as the health report tells. */
export async function causeOfStaleness(): Promise<string> {
    try {
        const { status, database, collector } = await api.health();
        if (!collector.running) return "The collector is not running";
        if (collector.age_seconds !== null) {
            return `The collector's last cycle ended ${format.age(collector.age_seconds)} ago`;
        }
        return `The service reports itself ${status}, its database ${database}`;
    } catch (error) {
        return `The reason is not known: ${(error as Error).message}`;
    }
}
