import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CONFIG_ENVIRONMENT, loadConfigWithSources, redactConfig } from "@agent-assembly/storage";
import fc from "fast-check";
import { mostly, oddNumber, oddText } from "../support/junk.js";
import { answered } from "../support/refusal.js";
import { yamlText } from "../support/yaml-text.js";
import { defineTarget } from "../target.js";

const VALID = [
  "mode: remote\nstorage:\n  postgres:\n    database_url: postgres://u:secret@h:5432/d?sslmode=require\n    ssl: true\n",
  "storage:\n  backend: sqlite\n  sqlite: { path: ~/a.db }\n  redis: { enabled: true, url: redis://h:6379/1 }\n",
  "storage:\n  token_key: 0123456789abcdef0123456789abcdef\n  retention:\n    hot_days: 1\n    warm_days: 2\n" +
    "    rules: [{ name: a, agent_id: [x], warm_days: forever }]\n    schedule: '0 3 * * *'\n",
];
/** Of packages: a path that exists would be imported, and run. */
const LOADS_CODE = new Set(["AAASM_STORAGE_BACKEND", "AAASM_STATE_BACKEND", "AAASM_STORAGE_STATE_BACKEND"]);
const VARIABLES = Object.keys(CONFIG_ENVIRONMENT).filter((name) => !LOADS_CODE.has(name));
const value = fc
  .oneof(
    fc.constantFrom(
      "true",
      "0",
      "1",
      "postgres://a:b@h/d",
      "redis://h",
      "s3://b/p",
      "[]",
      "{}",
      '[{"name":"a"}]',
      "* * * * *",
    ),
    oddNumber.map(String),
    oddText,
    fc.json({ maxDepth: 3 }),
  )
  .filter((text) => !text.includes("\u0000"));

interface Input {
  readonly text: string;
  readonly env: Record<string, string>;
  readonly flags: unknown;
}

/** The configuration: file, environment and flags. */
export const configuration = defineTarget<Input>(async ({ folder }) => {
  const path = join(folder, "config.yaml");
  return {
    input: fc.record({
      // What names a package of its own would be imported.
      text: yamlText(VALID).filter((text) => !/(backend|state)["']?\s*:/.test(text) || VALID.includes(text)),
      env: fc.dictionary(
        fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...VARIABLES) }, { weight: 1, arbitrary: oddText }),
        value,
        {
          maxKeys: 4,
        },
      ),
      flags: mostly(fc.record({ hotDays: oddNumber, path: oddText, mode: oddText }, { requiredKeys: [] })),
    }),
    async enter({ text, env, flags }) {
      await writeFile(path, text);
      await answered("config.load", async () => {
        const loaded = await loadConfigWithSources({ path, env, home: folder, cwd: folder, flags: flags as never });
        JSON.stringify(redactConfig(loaded.config));
      });
    },
    close: async () => undefined,
  };
});
