/** The kinds of store that are filled with many events. */
export const ROW_STORES = ["sqlite", "postgres", "timescale-apache", "timescale-community"] as const;

export type RowStore = (typeof ROW_STORES)[number];
