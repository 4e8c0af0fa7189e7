import { servicesFor } from "@agent-assembly/test-services/setup";
import { INSTALLED } from "./installed.js";

/** The `globalSetup` of an example's tests. Examples that are installed from packed packages are tested on SQLite only. */
export default servicesFor(INSTALLED === undefined ? ["timescale-apache"] : [], (path) =>
  path.endsWith(".int.test.ts"),
);
