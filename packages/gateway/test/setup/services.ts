import { servicesFor } from "@agent-assembly/test-services/setup";

/** The tests that start and stop servers of their own, and those on a database of a shared one. */
export default servicesFor(["own-servers", "postgres"], (path) => /\/(?:outages|postgres)\.int\.test\.ts$/.test(path));
