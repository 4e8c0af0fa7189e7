import assert from "node:assert/strict";
import type { Partition, StorageBackend } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import type { CreateOptions } from "../../harness.js";
import { collect, rejects } from "../../support/assert.js";
import { event, events, UNRECORDED } from "../../support/fixtures.js";
import { Follower } from "../../support/follower.js";
import { forgedTokens } from "../../support/forged-tokens.js";
import { soon } from "../../support/soon.js";
import { watched } from "../../support/watched.js";

/** A store that has given out a token of each kind. */
interface TokenSource {
  readonly backend: StorageBackend;
  readonly partition: Partition;
  /** By the option that takes it back. */
  readonly tokens: Readonly<Record<keyof typeof TAKERS, string>>;
}

/** The calls that take a token, by the kind of token; each names the option that it refuses. */
const TAKERS = {
  newest: ({ backend }: TokenSource, cursor: string) => backend.audit.query({}, { limit: 1, cursor }),
  oldest: ({ backend }: TokenSource, cursor: string) =>
    backend.audit.query({ agentId: "agent-1" }, { limit: 1, order: "oldest", cursor }),
  agents: ({ backend }: TokenSource, cursor: string) => backend.agents.list({}, { limit: 1, cursor }),
  // A tail that accepts a position waits for events: then it ends, and the refusal is missed.
  after: ({ backend }: TokenSource, after: string) => {
    const signal = AbortSignal.timeout(200);
    const next = (): Promise<unknown> => backend.audit.tail({}, { after, signal })[Symbol.asyncIterator]().next();
    return soon(Promise.resolve().then(next), "the refusal of a position");
  },
  measure: ({ backend, partition }: TokenSource, asOf: string) => backend.partitions.measure(partition, { asOf }),
  read: ({ backend, partition }: TokenSource, asOf: string) => collect(backend.partitions.read(partition, { asOf })),
  drop: ({ backend, partition }: TokenSource, asOf: string) =>
    backend.partitions.drop(partition, { asOf, expect: { rows: EVENTS } }),
} satisfies Record<string, (source: TokenSource, token: string) => Promise<unknown>>;

type TokenTaker = keyof typeof TAKERS;

const OPTIONS: Readonly<Record<TokenTaker, string>> = {
  newest: "page.cursor",
  oldest: "page.cursor",
  agents: "page.cursor",
  after: "options.after",
  measure: "options.asOf",
  read: "options.asOf",
  drop: "options.asOf",
};

/** The events of a source: three, and the one that its tail delivered. */
const EVENTS = 4;
const [KEY, OTHER_KEY] = ["a key of a contract case, 32 letters", "another key of a case, of 32 letters"];

/** Without the probes of {@link Follower.open}, which would be counted with the events. */
async function sourceOf(backend: StorageBackend): Promise<TokenSource> {
  await backend.audit.append(events(3, () => ({ agentId: "agent-1" })));
  for (const agentId of ["a", "b"]) await backend.agents.register({ agentId });
  const { next: newest } = await backend.audit.query({}, { limit: 1 });
  const { next: oldest } = await backend.audit.query({ agentId: "agent-1" }, { limit: 1, order: "oldest" });
  const { next: agents } = await backend.agents.list({}, { limit: 1 });
  const [partition] = await backend.partitions.list("audit");
  assert.ok(partition !== undefined);
  const { asOf: start } = await backend.partitions.measure(partition);
  const follower = new Follower(backend, {}, { after: start });
  await backend.audit.append([event(10, { agentId: "agent-1" })]);
  const [item] = await follower.read(1);
  await follower.stop();
  const { asOf } = await backend.partitions.measure(partition);
  assert.ok(newest !== undefined && oldest !== undefined && agents !== undefined && item !== undefined);
  assert.ok(asOf !== undefined);
  const tokens = { newest, oldest, agents, after: item.position, measure: asOf, read: asOf, drop: asOf };
  return { backend, partition, tokens };
}

async function refusesForgeries(backend: StorageBackend, takers: readonly TokenTaker[]): Promise<void> {
  const source = await sourceOf(backend);
  for (const taker of takers) {
    for (const { what, token } of forgedTokens(source.tokens[taker])) {
      const call = (): Promise<unknown> => TAKERS[taker](source, token as string);
      await rejects(call, "invalid_argument", { option: OPTIONS[taker], message: /\S/ }).catch((error: Error) => {
        throw new assert.AssertionError({ message: `${taker}: ${what}: ${error.message}` });
      });
    }
  }
  assert.equal(await backend.audit.count(), EVENTS);
}

/** What comes back from clients: cursors, positions of tails and of measures. */
export const tokenCases = defineCases([
  {
    id: "audit.paging.forged-cursor",
    title: "a cursor that the store did not make is refused, whatever its form and however well it is forged",
    run: async ({ storage }) => refusesForgeries(await storage(UNRECORDED), ["newest", "oldest"]),
  },
  {
    id: "agents.list.forged-cursor",
    title: "a cursor of a list of agents that the store did not make is refused",
    run: async ({ storage }) => refusesForgeries(await storage(UNRECORDED), ["agents"]),
  },
  {
    id: "audit.tail.forged-position",
    title: "a tail refuses a position that no tail delivered, and never blocks the event loop for one",
    async run({ storage }) {
      const backend = await storage(UNRECORDED);
      await watched("case audit.tail.forged-position", () => refusesForgeries(backend, ["after"]));
    },
  },
  {
    id: "partitions.slices.forged-position",
    title: "measure, read and drop refuse a position that no measure returned, and nothing is removed",
    run: async ({ storage }) => refusesForgeries(await storage(UNRECORDED), ["measure", "read", "drop"]),
  },
  {
    id: "audit.paging.signed-tokens",
    title: "with a key, tokens of another key and of none are refused; of several keys all are accepted",
    async run({ storage }) {
      const open = async (tokenKey: CreateOptions["tokenKey"]): Promise<TokenSource> =>
        sourceOf(await storage({ ...UNRECORDED, tokenKey }));
      const signed = await open(KEY);
      const unsigned = await open(undefined);
      const both = await open([OTHER_KEY, KEY]);
      const either = await open([KEY, "unsigned"]);
      for (const taker of Object.keys(TAKERS) as TokenTaker[]) {
        const call = (store: TokenSource, maker: TokenSource) => TAKERS[taker](store, maker.tokens[taker]);
        const refused = { option: OPTIONS[taker] };
        for (const maker of [unsigned, both]) await rejects(() => call(signed, maker), "invalid_argument", refused);
        await rejects(() => call(unsigned, signed), "invalid_argument", refused);
        await rejects(() => call(both, unsigned), "invalid_argument", refused);
        if (taker === "drop") continue;
        // A store may refuse the positions of another one, whatever they are signed with.
        const isPosition = OPTIONS[taker] !== "page.cursor";
        for (const maker of isPosition ? [both] : [signed, both]) await call(both, maker);
        for (const maker of isPosition ? [either] : [signed, unsigned]) await call(either, maker);
      }
      await rejects(() => open("too short"), "invalid_argument", { option: "options.tokenKey" });
    },
  },
]);
