/** Backends a configuration can name. `memory` keeps nothing: tests and throw-away runs. */
export const BACKEND_NAMES = ["sqlite", "postgres", "memory"] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

export const MODES = ["local", "remote"] as const;
export type Mode = (typeof MODES)[number];
