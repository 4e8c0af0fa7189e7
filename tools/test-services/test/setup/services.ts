import { servicesFor } from "../../src/vitest/services-for.js";

export default servicesFor(["postgres", "timescale-apache", "own-servers"], (path) => !path.endsWith(".unit.test.ts"));
