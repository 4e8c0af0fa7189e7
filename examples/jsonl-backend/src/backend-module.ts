import { type BackendModule, checkKeys, checkText } from "@agent-assembly/storage-core/backend";
import { type JsonlStorageOptions, openJsonlStorage } from "./backend.js";

/** What `openStorage`, the configuration and `aasm` load. There is no `schema`: a file needs no migration. */
export const backendModule = {
  version: 1,
  name: "jsonl",
  parseSettings(section, { resolvePath }) {
    checkKeys("options", section, ["path"]);
    return { path: resolvePath(checkText("options.path", section.path)) };
  },
  open: openJsonlStorage,
} satisfies BackendModule<JsonlStorageOptions>;
