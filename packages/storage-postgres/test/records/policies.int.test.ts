import { isStorageError, type PolicyStore } from "@agent-assembly/storage-core";
import { createPolicyStore } from "@agent-assembly/storage-core/backend";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, describe, expect, it } from "vitest";
import { PostgresPolicyDriver } from "../../src/records/policy-driver.js";
import { databaseOfFile, type PostgresProfile, poolOn } from "../setup/database.js";

const ROUNDS = 50;
const HOSTILE = ["it's", 'say "hi"', "100%_\\", "$1; DROP TABLE agent_registry; --", "\u{1F600}\u{10FFFF}", "{a,NULL}"];

describe.each<PostgresProfile>(["postgres", "postgres-15"])("policies on %s", (profile) => {
  describeNeeding(profile, "as processes see them", async () => {
    const database = await databaseOfFile(profile, "policies");
    const pools = [poolOn(database), poolOn(database, { prepare: false })];
    afterAll(() => Promise.all(pools.map((pool) => pool.close())));
    const stores = pools.map((pool) =>
      createPolicyStore(new PostgresPolicyDriver(pool, () => undefined), () => Date.now()),
    );
    const [store] = stores as [PolicyStore];

    it("lets one of two win a version, the first of a name included", async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const raced = await Promise.allSettled(
          stores.map((one, n) =>
            one.save({ name: "versions", source: `by: ${n} in ${round}` }, { actor: `${n}`, expectedLatest: round }),
          ),
        );
        expect(outcomes(raced)).toEqual(["conflict", "won"]);
        const winner = raced.findIndex(({ status }) => status === "fulfilled");
        expect(await store.get("versions", round + 1)).toMatchObject({ actor: `${winner}`, version: round + 1 });
      }
      expect(await store.versions("versions")).toHaveLength(ROUNDS);
    });

    it("gives every one of many versions saved at once a number of its own", async () => {
      const saved = await Promise.all(
        Array.from({ length: 60 }, (_, n) =>
          (stores[n % 2] as PolicyStore).save({ name: "crowd", source: `n: ${n}` }, { actor: "a" }),
        ),
      );
      const numbers = saved.map(({ version }) => version).toSorted((a, b) => a - b);
      expect(numbers).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
    });

    it("lets one of two win an activation", async () => {
      const name = "activations";
      for (const n of [1, 2, 3]) await store.save({ name, source: `n: ${n}` }, { actor: "a" });
      await store.activate(name, 1, { actor: "a" });
      for (let round = 0; round < ROUNDS; round++) {
        const expectedActive = (await store.active(name))?.version ?? null;
        const [first, second] = [1, 2, 3].filter((version) => version !== expectedActive) as [number, number];
        const raced = await Promise.allSettled([
          stores[0]?.activate(name, first, { actor: "a", expectedActive }),
          stores[1]?.activate(name, second, { actor: "b", expectedActive }),
        ]);
        expect(outcomes(raced)).toEqual(["conflict", "won"]);
        const history = await store.activations(name);
        expect(history).toHaveLength(round + 2);
        expect(history[0]).toMatchObject({ from: expectedActive, to: (await store.active(name))?.version });
      }
    });

    it("rolls back through the whole history, whoever asks", async () => {
      const name = "history";
      for (const n of [1, 2, 3]) {
        await store.save({ name, source: `n: ${n}` }, { actor: "a" });
        await store.activate(name, n, { actor: "a" });
      }
      expect((await stores[1]?.rollback(name, { actor: "b" }))?.to).toBe(2);
      expect((await stores[0]?.rollback(name, { actor: "b" }))?.to).toBe(1);
      await expect(store.rollback(name, { actor: "b" })).rejects.toMatchObject({ code: "conflict" });
      expect((await store.activations(name)).map(({ to }) => to)).toEqual([1, 2, 3, 2, 1]);
    });

    it("stores nothing of a decision that fails in the database, nor of one that throws", async () => {
      const table = new PostgresPolicyDriver(pools[0] as (typeof pools)[number], () => undefined);
      const at = Date.now();
      await store.save({ name: "whole", source: "n: 1" }, { actor: "a" });
      const newActivation = { name: "whole", from: null, to: 7, kind: "activate", actor: "a", at } as const;
      await expect(table.change("whole", "all", () => ({ newActivation, result: 1 }))).rejects.toThrow();
      expect(await store.active("whole")).toBeUndefined();
      expect(await store.activations("whole")).toEqual([]);
      await expect(store.activate("whole", 2, { actor: "a" })).rejects.toMatchObject({ code: "not_found" });
      expect(await store.activate("whole", 1, { actor: "a" })).toMatchObject({ from: null, to: 1 });
    });

    it("keeps hostile texts, and sources byte for byte", async () => {
      for (const text of HOSTILE) {
        for (const one of stores) {
          const parsed = { [text]: [`${text}\u0000`, "\ud800", "\ue0ff0000"] };
          const source = JSON.stringify(parsed, null, 3);
          const name = `hostile ${text} ${stores.indexOf(one)}`;
          await one.save({ name, source, format: "json" }, { actor: text });
          await one.activate(name, 1, { actor: text });
          const active = await one.active(name);
          expect(active).toMatchObject({ name, actor: text, document: parsed });
          expect(Buffer.from(active?.source ?? []).toString()).toBe(source);
          expect((await one.activations(name)).map(({ actor }) => actor)).toEqual([text]);
        }
      }
    });

    it("lists by name in code-point order", async () => {
      for (const name of ["\u{1F600}", "\uFFFD", "Z", "a", "ä"]) {
        await store.save({ name: `order ${name}`, source: "n: 1" }, { actor: "a" });
      }
      const names = (await store.list()).map(({ name }) => name);
      expect(names).toEqual(names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      expect(names).toContain("order \u{1F600}");
    });
  });
});

function outcomes(raced: readonly PromiseSettledResult<unknown>[]): unknown[] {
  const code = (error: unknown) => (isStorageError(error) ? error.code : error);
  return raced.map((one) => (one.status === "fulfilled" ? "won" : code(one.reason))).toSorted();
}
