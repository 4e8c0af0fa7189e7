import { rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { commandLine } from "../support/command-line.js";
import { junk, oddText } from "../support/junk.js";
import { changed, changes } from "../support/mutate.js";
import { EVENT, SAMPLES, TABLES } from "../support/transcripts.js";
import { defineTarget } from "../target.js";

/** Sources of each format; those of several lines as an event stream, too. */
const VALID: Readonly<Record<string, readonly string[]>> = {
  csv: TABLES,
  ...Object.fromEntries(
    Object.entries(SAMPLES).map(([format, sources]) => [
      format,
      sources.flatMap((documents) => {
        const lines = documents.map((document) => JSON.stringify(document));
        const text = lines.map((line) => `${line}\n`).join("");
        return documents.length === 1 ? [text] : [text, lines.map((line) => `data: ${line}\n\n`).join("")];
      }),
    ]),
  ),
};

interface Input {
  readonly format: string;
  readonly bytes: Uint8Array;
  readonly strict: boolean;
}

const jsonText = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc
    .dictionary(
      fc.oneof(
        fc.constantFrom(...Object.keys(EVENT), "__proto__", "messages", "role", "type", "output", "parts"),
        oddText,
      ),
      junk,
      {
        maxKeys: 6,
      },
    )
    .map((members) => jsonOf({ ...EVENT, ...members })),
);
const csvText = fc
  .array(
    fc.array(fc.oneof(oddText, fc.constantFrom('"', '""', "ts", "agentId", "__proto__", "\r")), { maxLength: 8 }),
    { maxLength: 5 },
  )
  .map((rows) => rows.map((cells) => cells.join(",")).join("\n"));

const input: fc.Arbitrary<Input> = fc.constantFrom(...Object.keys(VALID)).chain((format) => {
  const mutated = fc
    .tuple(fc.constantFrom(...(VALID[format] as readonly string[])), changes)
    .map(([text, list]) => changed(Buffer.from(text), list));
  const text = fc.oneof(
    jsonText,
    csvText,
    fc.array(jsonText, { maxLength: 4 }).map((lines) => lines.join("\n")),
  );
  return fc.record({
    format: fc.constant(format),
    bytes: fc.oneof(
      mutated,
      text.map((one) => new TextEncoder().encode(one)),
      fc.uint8Array({ maxLength: 300 }),
    ),
    strict: fc.boolean(),
  });
});

/** Files of events, as `aasm audit import` reads them. */
export const imports = defineTarget<Input>(async ({ folder }) => {
  const run = await commandLine(folder);
  let tried = 0;
  return {
    input,
    async enter({ format, bytes, strict }) {
      // A store that grows would be what is measured.
      if (tried++ % 200 === 0) rmSync(join(folder, "audit.db"), { force: true });
      const args = ["audit", "import", "-", "--format", format, "--path", "audit.db", ...(strict ? ["--strict"] : [])];
      const { code, stdout, stderr } = await run(args, Buffer.from(bytes));
      if (/^aasm: (internal|[A-Z_]+):/m.test(stderr)) throw new Error(`it says ${stderr}`);
      if (code !== 0 && code !== 1) throw new Error(`it ends with the exit code ${code}, and says ${stderr}`);
      if (code === 1 && stderr === "" && stdout === "") throw new Error("it fails without a word");
    },
    close: async () => undefined,
  };
});

function jsonOf(value: object): string {
  return JSON.stringify(value, (_, member: unknown) => (typeof member === "bigint" ? Number(member) : member));
}
