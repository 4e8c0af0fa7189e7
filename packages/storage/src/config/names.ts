/** Backends a configuration can name. `memory` keeps nothing: tests and throw-away runs. */
export const BACKEND_NAMES = ["sqlite", "postgres", "memory"] as const;
/** A backend that the configuration can name; see {@link BACKEND_NAMES}. */
export type BackendName = (typeof BACKEND_NAMES)[number];

/** Modes of a configuration: `local` is one machine with SQLite, `remote` is shared with PostgreSQL. */
export const MODES = ["local", "remote"] as const;
/** One of {@link MODES}. */
export type Mode = (typeof MODES)[number];
