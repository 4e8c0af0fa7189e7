import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Readable, Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { junk, oddText } from "../support/junk.js";
import { changed, changes } from "../support/mutate.js";
import { NOW, uuid } from "../support/stores.js";
import { defineTarget } from "../target.js";

/** The command line as its program runs it. */
type Main = (argv: readonly string[], host: object) => Promise<number>;

const EVENT = {
  ts: new Date(NOW).toISOString(),
  eventId: uuid(1),
  agentId: "agent-1",
  action: "tool_call",
  decision: "allow",
  payload: { tool: "search", n: [1, null] },
};
const VALID: Readonly<Record<string, readonly string[]>> = {
  jsonl: [`${JSON.stringify(EVENT)}\n${JSON.stringify({ ...EVENT, eventId: uuid(2) })}\n`],
  csv: [
    `ts,eventId,agentId,action,decision,payload\n${EVENT.ts},${uuid(1)},agent-1,tool_call,allow,"{""tool"":""search""}"\n`,
    `ts,agentId,action,decision,__proto__\n${EVENT.ts},agent-1,tool_call,allow,x\n`,
  ],
  "openai-chat": [
    JSON.stringify({
      model: "m",
      created: 1_700_000_000,
      messages: [
        { role: "user", content: "hello" },
        {
          role: "assistant",
          tool_calls: [{ id: "c1", type: "function", function: { name: "search", arguments: '{"q":1}' } }],
        },
        { role: "tool", tool_call_id: "c1", content: "found" },
      ],
    }),
  ],
};

interface Input {
  readonly format: string;
  readonly bytes: Uint8Array;
  readonly strict: boolean;
}

const jsonText = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc
    .dictionary(fc.oneof(fc.constantFrom(...Object.keys(EVENT), "__proto__", "messages", "role"), oddText), junk, {
      maxKeys: 6,
    })
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
  const { main } = (await import(programOf("main.js"))) as { main: Main };
  const signal = new AbortController().signal;
  let tried = 0;
  return {
    input,
    async enter({ format, bytes, strict }) {
      // A store that grows would be what is measured.
      if (tried++ % 200 === 0) rmSync(join(folder, "audit.db"), { force: true });
      const [stdout, stderr] = [sink(), sink()];
      const host = {
        stdin: Readable.from([Buffer.from(bytes)]),
        ...{ stdout, stderr },
        env: { HOME: folder },
        cwd: folder,
        signal,
      };
      const args = ["audit", "import", "-", "--format", format, "--path", "audit.db", ...(strict ? ["--strict"] : [])];
      const code = await main(args, host);
      if (/^aasm: (internal|[A-Z_]+):/m.test(stderr.text)) throw new Error(`it says ${stderr.text}`);
      if (code !== 0 && code !== 1) throw new Error(`it ends with the exit code ${code}, and says ${stderr.text}`);
      if (code === 1 && stderr.text === "" && stdout.text === "") throw new Error("it fails without a word");
    },
    close: async () => undefined,
  };
});

/** A file of the built program, which exports nothing to other packages. */
function programOf(file: string): string {
  const manifest = createRequire(import.meta.url).resolve("@agent-assembly/cli/package.json");
  return pathToFileURL(join(dirname(manifest), "dist", file)).href;
}

function sink(): Writable & { text: string } {
  const stream = Object.assign(
    new Writable({
      write(chunk: Buffer, _, done) {
        stream.text += chunk.toString();
        done();
      },
    }),
    { text: "" },
  );
  return stream;
}

function jsonOf(value: object): string {
  return JSON.stringify(value, (_, member: unknown) => (typeof member === "bigint" ? Number(member) : member));
}
