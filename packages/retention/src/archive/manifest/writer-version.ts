import { packageVersion } from "@agent-assembly/storage-core/backend";

/** What manifests and files say wrote them. */
export const WRITER = {
  name: "@agent-assembly/retention",
  version: packageVersion(() => new URL("../../../package.json", import.meta.url)),
};
