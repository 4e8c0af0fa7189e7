import { servicesFor } from "@agent-assembly/test-services/setup";

export default servicesFor(["postgres"], (path) => !path.endsWith(".unit.test.ts"));
