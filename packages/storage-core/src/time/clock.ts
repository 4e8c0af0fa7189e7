/** Where "now" comes from; a test may replace it. Milliseconds since the epoch. */
export type Clock = () => number;

/** The clock of the operating system: milliseconds since the epoch. */
export const systemClock: Clock = () => Date.now();
