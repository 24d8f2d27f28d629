import { storage } from "./storage";

export type Theme = "dark" | "light";

const key = "dashboard.theme";

export function currentTheme(): Theme {
    return document.documentElement.dataset["theme"] === "light" ? "light" : "dark";
}

export function setTheme(theme: Theme): void {
    document.documentElement.dataset["theme"] = theme;
    storage.set(key, theme);
}

/** Dark unless the reader chose otherwise. */
export function restoreTheme(): void {
    document.documentElement.dataset["theme"] = storage.get(key) === "light" ? "light" : "dark";
}
