import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import fc from "fast-check";
import { mostly, oddText } from "../support/junk.js";
import { answered } from "../support/refusal.js";
import { yamlText } from "../support/yaml-text.js";
import { defineTarget } from "../target.js";

const VALID = [
  "rules:\n  - action: tool_call\n    tools: [search, refund]\n    decision: allow\n  - decision: deny\n",
  '{"rules":[{"action":"tool_call","decision":"deny"}],"version":1}',
  "defaults: &d {decision: deny}\nrules:\n  - <<: *d\n    action: message\n",
];

interface Input {
  readonly document: unknown;
  readonly options: unknown;
}

const text = yamlText(VALID);

/** Policies in YAML and JSON. */
export const policies = defineTarget<Input>(async () => {
  const store = openMemoryStorage();
  let saved = 0;
  return {
    input: fc.record({
      document: fc.record({
        name: mostly(fc.constantFrom("tools", "other")),
        source: mostly(
          fc.oneof(
            text,
            text.map((one) => new TextEncoder().encode(one)),
            fc.uint8Array(),
          ),
        ),
        format: mostly(fc.constantFrom("yaml", "json", undefined)),
      }),
      options: mostly(fc.record({ actor: mostly(oddText), expectedLatest: mostly(fc.constant(undefined)) })),
    }),
    async enter({ document, options }) {
      const code = await answered("policies.save", () => store.policies.save(document as never, options as never));
      if (code === undefined) saved++;
      if (saved % 100 === 1) await answered("policies.list", () => store.policies.list());
    },
    close: () => store.close(),
  };
});
