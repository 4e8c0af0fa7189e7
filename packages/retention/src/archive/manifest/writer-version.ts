import { readFileSync } from "node:fs";

/** What manifests and files say wrote them. */
export const WRITER = { name: "@agent-assembly/retention", version: packageVersion() };

function packageVersion(): string {
  try {
    const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
    return (JSON.parse(text) as { version: string }).version;
  } catch (error) {
    // In a bundle there is no package.json beside the code; the version only informs people.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "unknown";
    throw error;
  }
}
