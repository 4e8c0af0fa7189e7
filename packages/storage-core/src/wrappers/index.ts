export { observable } from "./observable.js";
export { readOnly } from "./read-only.js";
export { type RetryOptions, retrying } from "./retrying.js";
