import { servicesFor } from "@agent-assembly/test-services/setup";

/** All of them look at the page in a browser. */
export default servicesFor(["chromium"], (path) => path.endsWith(".int.test.ts"));
