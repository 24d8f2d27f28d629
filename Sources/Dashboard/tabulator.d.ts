/** The part of Tabulator 6.3 this dashboard uses. */
declare module "tabulator-tables" {
    export type SortDirection = "asc" | "desc";

    export interface CellComponent {
        getElement(): HTMLElement;
        getValue(): unknown;
        getData(): object;
    }

    export interface ColumnComponent {
        getElement(): HTMLElement;
        getField(): string;
    }

    export interface RowComponent {
        getData(): object;
        getElement(): HTMLElement;
        normalizeHeight(): void;
        reformat(): void;
    }

    export type Sorter = (
        a: unknown,
        b: unknown,
        aRow: RowComponent,
        bRow: RowComponent,
        column: ColumnComponent,
        direction: SortDirection,
    ) => number;

    export interface ColumnDefinition {
        title: string;
        field: string;
        frozen?: boolean;
        width?: number;
        minWidth?: number;
        cssClass?: string;
        hozAlign?: "left" | "center" | "right";
        headerHozAlign?: "left" | "center" | "right";
        headerSortStartingDir?: SortDirection;
        headerSortTristate?: boolean;
        formatter?: (cell: CellComponent) => string | HTMLElement;
        titleFormatter?: (cell: CellComponent) => string | HTMLElement;
        sorter?: Sorter;
    }

    export interface SorterState {
        column: ColumnComponent | string;
        field?: string;
        dir: SortDirection;
    }

    export interface Options {
        data: object[];
        index: string;
        columns: ColumnDefinition[];
        columnDefaults?: Partial<ColumnDefinition>;
        nestedFieldSeparator?: string;
        height: string;
        layout: "fitColumns";
        rowHeight: number;
        placeholder: HTMLElement;
        initialSort?: SorterState[];
        sortOrderReverse?: boolean;
        rowFormatter?: (row: RowComponent) => void;
    }

    export class Tabulator {
        static registerModule(modules: unknown[]): void;
        constructor(element: HTMLElement, options: Options);
        on(event: "tableBuilt" | "renderComplete", handler: () => void): void;
        on(event: "rowClick", handler: (event: Event, row: RowComponent) => void): void;
        on(event: "dataSorting", handler: (sorters: SorterState[]) => void): void;
        on(event: "dataFiltered", handler: (filters: unknown[], rows: RowComponent[]) => void): void;
        setColumns(columns: ColumnDefinition[]): void;
        replaceData(data: object[]): Promise<void>;
        setFilter(test: (data: never) => boolean): void;
        setSort(sorters: SorterState[]): void;
        getSorters(): SorterState[];
        getRow(index: string): RowComponent | false;
        getRows(range: "active"): RowComponent[];
        scrollToRow(row: RowComponent, position: "nearest" | "center", ifVisible: boolean): Promise<void>;
        redraw(force?: boolean): void;
    }

    export const SortModule: unknown;
    export const FilterModule: unknown;
    export const FormatModule: unknown;
    export const FrozenColumnsModule: unknown;
    export const InteractionModule: unknown;
    export const ResizeTableModule: unknown;
}
