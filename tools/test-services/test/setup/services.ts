import { servicesFor } from "../../src/vitest/services-for.js";

export default servicesFor(["own-servers"], (path) => !path.endsWith(".unit.test.ts"));
