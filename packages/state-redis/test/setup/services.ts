import { servicesFor } from "@agent-assembly/test-services/setup";

export default servicesFor(["redis", "redis-7", "own-servers"], (path) => !path.endsWith(".unit.test.ts"));
