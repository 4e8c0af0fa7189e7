/** Is aborted when a signal ends the program. */
export const interruption = new AbortController();

/** Ends the programs that were started. */
export const interrupted: AbortSignal = interruption.signal;
