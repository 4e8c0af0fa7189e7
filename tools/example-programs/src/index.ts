export { type Program, startExample } from "./program.js";
export { type ExampleStore, onEachStore } from "./stores.js";
