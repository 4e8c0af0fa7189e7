import { servicesFor } from "@agent-assembly/test-services/setup";

/** The tests that need servers are below `test/stores`. */
export default servicesFor(["postgres", "timescale-apache", "timescale-community"], (path) =>
  path.includes("/test/stores/"),
);
