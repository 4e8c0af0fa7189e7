export type { Identity, Scope } from "./context.js";
