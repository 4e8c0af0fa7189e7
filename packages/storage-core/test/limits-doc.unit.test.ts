import { readFile } from "node:fs/promises";
import { REQUEST_LIMITS } from "@agent-assembly/storage-core/backend";
import { expect, it } from "vitest";
import { YAML_LIMITS } from "../src/yaml/limits.js";

it("documents every limit by its number", async () => {
  const page = await readFile(new URL("../../../docs/limits.md", import.meta.url), "utf8");
  for (const limit of [...Object.values(REQUEST_LIMITS), ...Object.values(YAML_LIMITS)]) {
    expect(page).toMatch(new RegExp(`\\| ${limit}( bytes)? \\|`));
  }
});
