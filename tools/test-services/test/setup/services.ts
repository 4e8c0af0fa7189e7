import { servicesFor } from "../../src/vitest/setup.js";

export default servicesFor(["postgres", "timescale-apache", "own-servers"], (path) => !path.endsWith(".unit.test.ts"));
