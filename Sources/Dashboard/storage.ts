/** localStorage, or memory where the browser denies it (private windows, blocked site data). */
const memory = new Map<string, string>();

function browserStorage(): Storage | null {
    try {
        const probe = "dashboard.probe";
        localStorage.setItem(probe, probe);
        localStorage.removeItem(probe);
        return localStorage;
    } catch (denied) {
        console.info("Preferences last until this page is closed:", denied);
        return null;
    }
}

const kept = browserStorage();

export const storage = {
    get: (key: string): string | null => (kept ? kept.getItem(key) : memory.get(key) ?? null),
    set(key: string, value: string): void {
        if (kept) kept.setItem(key, value);
        else memory.set(key, value);
    },
};
