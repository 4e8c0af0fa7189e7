import { servicesFor } from "@agent-assembly/test-services/setup";

export default servicesFor(["own-servers"], (path) => !/\.unit\.test\.ts$|(kills|folder)\.int/.test(path));
