import { servicesFor } from "@agent-assembly/test-services/setup";

export default servicesFor(["own-servers"], (path) => !path.endsWith(".unit.test.ts"));
