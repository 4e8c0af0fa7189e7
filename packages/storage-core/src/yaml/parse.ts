import type { YamlResult } from "./result.js";

/** Characters up to which a text is read on the calling thread: less work than starting another. */
const ON_THIS_THREAD = 8 * 1024;

/**
 * Reads one YAML document as JSON, within `YAML_LIMITS`; a key that is given twice is a mistake. Parser and thread are loaded
 * with the first call: they are larger than all that most processes do.
 * @throws `unsupported` for a large text where the process may not start threads
 */
export async function parseYaml(text: string): Promise<YamlResult> {
  if (text.length > ON_THIS_THREAD) return (await import("./read-in-thread.js")).readInThread(text);
  return (await import("./read-document.js")).readDocument(text);
}
