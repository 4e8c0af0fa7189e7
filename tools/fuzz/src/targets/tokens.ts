import { createHash } from "node:crypto";
import type { Partition, StorageBackend } from "@agent-assembly/storage-core";
import { openMemoryApprovals } from "@agent-assembly/storage-core/state";
import fc from "fast-check";
import { junk, oddNumber, oddText } from "../support/junk.js";
import { type Changes, changed, changes } from "../support/mutate.js";
import { answered, take } from "../support/refusal.js";
import { closeAll, openStores } from "../support/stores.js";
import { defineTarget } from "../target.js";

/** Where the body of a token without a signature begins. */
const BODY_AT = 25;
const SUM_AT = 17;
/** A tail that takes a position waits for events, milliseconds. */
const TAIL_MS = 5;

/** How a genuine token is changed. */
type Recipe =
  | { readonly kind: "anything"; readonly token: unknown }
  | { readonly kind: "changed text"; readonly changes: Changes }
  | { readonly kind: "changed bytes"; readonly changes: Changes }
  | { readonly kind: "intact"; readonly body: string; readonly version: number }
  | { readonly kind: "of another use"; readonly use: number };

interface Input {
  readonly use: number;
  readonly recipe: Recipe;
}

const member = fc.oneof(
  fc.oneof(oddNumber, oddText, fc.constant(null)).map((value) => JSON.stringify(value) ?? "null"),
  fc.constantFrom("1e999", "-1e300", "-0", "NaN", "{}", '{"__proto__":1}', "[]", "[[[]]]", "1", '"a"'),
  fc.json({ maxDepth: 3 }),
);
const body = fc.oneof(
  fc.array(member, { maxLength: 4 }).map((members) => `[${members.join(",")}]`),
  fc.json(),
  fc.integer({ min: 1, max: 20_000 }).map((depth) => "[".repeat(depth) + "]".repeat(depth)),
  fc.integer({ min: 1, max: 20_000 }).map((length) => `[${"1,".repeat(length)}1]`),
);
const recipe: fc.Arbitrary<Recipe> = fc.oneof(
  fc.record({ kind: fc.constant("anything" as const), token: fc.oneof(junk, fc.base64String()) }),
  fc.record({ kind: fc.constant("changed text" as const), changes }),
  fc.record({ kind: fc.constant("changed bytes" as const), changes }),
  fc.record({ kind: fc.constant("intact" as const), body, version: fc.constantFrom(1, 1, 1, 2, 0, 255) }),
  fc.record({ kind: fc.constant("of another use" as const), use: fc.nat({ max: 5 }) }),
);

/** A call that takes a token back, and a genuine one. */
interface Use {
  readonly genuine: string;
  call(token: string): Promise<unknown>;
}

/** Cursors, positions of tails and `asOf`, on every backend; all of them refuse the same. */
export const tokens = defineTarget<Input>(async (context) => {
  const stores = await openStores(context);
  const approvals = openMemoryApprovals();
  for (const requestId of ["a", "b"]) {
    await approvals.submit({ requestId, agentId: "agent-1", action: "tool_call", request: {} });
  }
  const listed = (await approvals.list({}, { limit: 1 })).next as string;
  const ofApprovals: Use = { genuine: listed, call: (cursor) => approvals.list({}, { cursor }) };
  const uses = await Promise.all(stores.map(async (store) => [...(await usesOf(store)), ofApprovals]));
  return {
    input: fc.record({ use: fc.nat({ max: 5 }), recipe }),
    async enter({ use, recipe: how }) {
      const codes = await Promise.all(
        uses.map((all, index) => {
          const { genuine, call } = all[use] as Use;
          const token = made(genuine, how, (other) => (all[other] as Use).genuine);
          return answered(`${stores[index]?.name}: use ${use}`, () => call(token as string));
        }),
      );
      // Each backend changes a token of its own, which may come out as a valid one.
      const alike = how.kind === "changed text" || how.kind === "changed bytes" ? codes.filter(Boolean) : codes;
      if (new Set(alike).size > 1) throw new Error(`the backends differ: ${codes.join(", ")}`);
      if (!codes.every((code) => code === undefined || code === "invalid_argument")) {
        throw new Error(`refused with another code than invalid_argument: ${codes.join(", ")}`);
      }
    },
    async close() {
      await approvals.close();
      await closeAll(stores);
    },
  };
});

async function usesOf({ audit, agents, partitions }: StorageBackend): Promise<Use[]> {
  const [partition] = (await partitions.list("audit")) as [Partition];
  const { asOf = "" } = await partitions.measure(partition);
  const newest = (await audit.query({}, { limit: 1 })).next as string;
  const oldest = (await audit.query({}, { limit: 1, order: "oldest" })).next as string;
  const listed = (await agents.list({}, { limit: 1 })).next as string;
  return [
    { genuine: newest, call: (cursor) => audit.query({}, { limit: 2, cursor }) },
    { genuine: oldest, call: (cursor) => audit.query({}, { limit: 2, order: "oldest", cursor }) },
    { genuine: listed, call: (cursor) => agents.list({}, { cursor }) },
    { genuine: asOf, call: (one) => take(audit.tail({}, { after: one, signal: AbortSignal.timeout(TAIL_MS) }), 1) },
    { genuine: asOf, call: (one) => partitions.measure(partition, { asOf: one }) },
  ];
}

function made(genuine: string, how: Recipe, genuineOf: (use: number) => string): unknown {
  switch (how.kind) {
    case "anything":
      return how.token;
    case "changed text":
      return Buffer.from(changed(Buffer.from(genuine), how.changes)).toString("latin1");
    case "changed bytes":
      return Buffer.from(changed(Buffer.from(genuine, "base64url"), how.changes)).toString("base64url");
    case "of another use":
      return genuineOf(how.use);
    case "intact":
      return intact(genuine, how.body, how.version);
  }
}

/** What any client can make of a token that is not signed. */
function intact(genuine: string, json: string, version: number): string {
  const head = Buffer.from(genuine, "base64url").subarray(0, SUM_AT);
  head[0] = version;
  const data = Buffer.concat([head, Buffer.from(json)]);
  const sum = createHash("sha256")
    .update(data)
    .digest()
    .subarray(0, BODY_AT - SUM_AT);
  return Buffer.concat([head, sum, Buffer.from(json)]).toString("base64url");
}
