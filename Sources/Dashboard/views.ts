import * as format from "./format";
import type { GridCell } from "./types";

/** How the grid shows a rate: per year as the API gives it, or what it would pay over a number of hours. */
export interface View {
    id: string;
    label: string;
    title: string;
    /** `null`: annualised. */
    hours: number | null;
}

export const views: readonly View[] = [
    { id: "apr", label: "APR", title: "View Annualized Percentage Rate", hours: null },
    { id: "1h", label: "1H", title: "View Cumulative Funding (1 hour)", hours: 1 },
    { id: "8h", label: "8H", title: "View Cumulative Funding (8 hours)", hours: 8 },
    { id: "1d", label: "1D", title: "View Cumulative Funding (1 day)", hours: 24 },
    { id: "7d", label: "7D", title: "View Cumulative Funding (7 days)", hours: 168 },
];

export const annualised = views[0] as View;

export function viewNamed(id: string | null): View {
    return views.find((view) => view.id === id) ?? annualised;
}

/** The number a cell shows, in percent; `null` where a part is missing (an unknown interval is never taken as 8 h). */
export function valueInPercent(cell: GridCell, view: View): number | null {
    if (view.hours === null) return cell.apr;
    if (cell.funding_rate === null || !cell.funding_interval_hours) return null;
    return ((cell.funding_rate * view.hours) / cell.funding_interval_hours) * 100;
}

export function cellText(cell: GridCell | undefined, view: View): string {
    if (!cell) return format.apr(null);
    const value = valueInPercent(cell, view);
    return view.hours === null ? format.apr(value) : format.rate(value === null ? null : value / 100);
}
