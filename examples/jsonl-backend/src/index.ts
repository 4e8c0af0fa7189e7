export { type JsonlStorageOptions, openJsonlStorage } from "./backend.js";
export { backendModule } from "./backend-module.js";
