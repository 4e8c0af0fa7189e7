import { servicesFor } from "@agent-assembly/test-services/setup";

/** The tests that start and stop servers of their own. */
export default servicesFor(["own-servers"], (path) => path.endsWith("outages.int.test.ts"));
