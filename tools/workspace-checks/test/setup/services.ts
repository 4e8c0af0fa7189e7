import { servicesFor } from "@agent-assembly/test-services/setup";

/** Examples of README files run on them. */
export default servicesFor(["postgres", "redis"], (path) => path.includes("/test/packages/"));
