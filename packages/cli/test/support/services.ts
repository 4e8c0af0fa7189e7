import { servicesFor } from "@agent-assembly/test-services/setup";

/** The tests that need servers say so by their names. */
export default servicesFor(["postgres", "timescale-apache", "redis"], (path) =>
  /\/(postgres|redis)-[^/]*\.int\.test\.ts$/.test(path),
);
