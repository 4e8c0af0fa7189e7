import { servicesFor } from "@agent-assembly/test-services/setup";

export default servicesFor(
  ["postgres", "timescale-apache", "timescale-community", "postgres-15", "own-servers"],
  (path) => !path.endsWith(".unit.test.ts"),
);
