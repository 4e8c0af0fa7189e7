/** The number of the newest commit; NULL when there never was one. AUTOINCREMENT keeps it when rows are deleted. */
export const NEWEST_SEQ = "SELECT seq FROM sqlite_sequence WHERE name = 'audit_events'";
