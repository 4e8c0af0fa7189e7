/** Where a database remembers which migrations it has seen. */
export const HISTORY_TABLE = "aasm_migrations";
