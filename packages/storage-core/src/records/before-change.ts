/**
 * Called with each change of something in memory before the change is made. If it throws, nothing changes, and the call
 * fails with its error. A backend that records changes here, and makes them again with `apply` when it opens, keeps its
 * data.
 */
export type BeforeChange<Change> = (change: Change) => void;

/** For data that nothing records. */
export const ignoreChange: BeforeChange<unknown> = () => undefined;
