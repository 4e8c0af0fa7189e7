export { openHttpApprovals, openHttpStorage } from "./backend.js";
export type { HttpClientOptions } from "./http-client.js";
