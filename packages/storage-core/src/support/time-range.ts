/** 9999-12-31T23:59:59.999Z, the last instant whose ISO form has four-digit years. */
export const MAX_TIME_MS = 253_402_300_799_999;
/** 0001-01-01T00:00:00Z. */
export const MIN_TIME_MS = -62_135_596_800_000;
