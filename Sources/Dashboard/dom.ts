type Child = Node | string | null | undefined | false;

export interface Attributes {
    class?: string;
    text?: string;
    testid?: string;
    [attribute: string]: string | number | boolean | undefined;
}

/** Makes an element. `text` and string children become text nodes, so no caller can inject markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
    tag: Tag,
    attributes: Attributes = {},
    ...children: Child[]
): HTMLElementTagNameMap[Tag] {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (value === undefined || value === false) continue;
        if (name === "class") made.className = String(value);
        else if (name === "text") made.textContent = String(value);
        else if (name === "testid") made.dataset["testid"] = String(value);
        else made.setAttribute(name, value === true ? "" : String(value));
    }
    for (const child of children) if (child) made.append(child);
    return made;
}

/** A button that never submits a form. */
export function button(attributes: Attributes, onClick: (event: MouseEvent) => void, ...children: Child[]) {
    const made = element("button", { type: "button", ...attributes }, ...children);
    made.addEventListener("click", onClick);
    return made;
}

/** Outline icons on a 24 px field, drawn by path data. */
const icons = {
    filter: "M3 5h18M6 12h12M10 19h4",
    refresh: "M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6",
    download: "M12 4v11m0 0-4-4m4 4 4-4M5 20h14",
    search: "M11 18a7 7 0 1 1 0-14 7 7 0 0 1 0 14Zm5-2 4 4",
    external: "M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5",
    close: "M6 6l12 12M18 6 6 18",
    sun:
        "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4" +
        "M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
    moon: "M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5Z",
} as const;

export function icon(name: keyof typeof icons): SVGSVGElement {
    const namespace = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(namespace, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(namespace, "path");
    path.setAttribute("d", icons[name]);
    svg.append(path);
    return svg;
}

/** Sets text only where it differs, so that an unchanged node is not laid out again. */
export function setText(node: HTMLElement, text: string): void {
    if (node.textContent !== text) node.textContent = text;
}
