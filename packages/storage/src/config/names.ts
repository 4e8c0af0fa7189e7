/** Modes of a configuration: `local` is one machine with SQLite, `remote` is shared with PostgreSQL. */
export const MODES = ["local", "remote"] as const;
/** One of {@link MODES}. */
export type Mode = (typeof MODES)[number];
