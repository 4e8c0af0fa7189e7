/** Stored in the header of every database of ours ("AASM" in ASCII), so that a foreign file is never written to. */
export const APPLICATION_ID = 0x4141534d;
