/** Ends the reading of a source: what follows cannot be told apart. Its message never quotes the source. */
export class Unreadable extends Error {}
