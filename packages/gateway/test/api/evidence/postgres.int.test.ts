import { setTimeout as delay } from "node:timers/promises";
import { decodeEntryBundle, leafHash, parseVerifierKey, verifyEntryProof } from "@agent-assembly/evidence";
import { openStorage } from "@agent-assembly/storage";
import { createDatabase } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, expect, inject, test } from "vitest";
import { sealedApi } from "../support/sealed.js";
import { testApi } from "../support/test-api.js";

describeNeeding("postgres", "evidence over PostgreSQL", async () => {
  const server = inject("services").profiles.find(({ name }) => name === "postgres");
  const { url, drop } = await createDatabase(server?.url ?? "", "gateway_evidence");
  const storage = await openStorage({
    backend: "postgres",
    url,
    timescaledb: "off",
    migrate: "auto",
    maxConnections: 4,
  });
  afterAll(async () => {
    await storage.close();
    await drop();
  });

  test("bundles, the proof of an event, and verifications of a range", async () => {
    const { api, verifierKey } = await sealedApi({}, await testApi({ backend: "memory", wrap: () => storage }));
    const read = async (path: string): Promise<Buffer> =>
      Buffer.from(await (await api.fetch("GET", `/evidence/logs/1/tile/${path}`)).arrayBuffer());
    const entries = decodeEntryBundle(await read("entries/000"));
    expect(Buffer.concat(entries.map((entry) => leafHash(entry)))).toEqual(await read("0/000"));

    const [event] = (await storage.audit.query({ action: "tool_call" }, { limit: 1 })).items;
    if (event === undefined) throw new Error("the store is empty");
    const path = `/events/${event.ts.toISOString()}/${event.eventId}/evidence`;
    const { body } = await api.call("GET", path);
    const { text } = await api.call("GET", `${path}/proof`);
    expect(text).toBe(body.proof);
    expect(verifyEntryProof(text, [parseVerifierKey(verifierKey)]).index).toBe(body.leaf);

    const json = { from: new Date(event.ts.getTime() - 60_000).toISOString(), keys: [verifierKey] };
    let verification = (await api.call("POST", "/evidence/verifications", { json })).body;
    while (verification.endedAt === undefined) {
      await delay(10);
      verification = (await api.call("GET", `/evidence/verifications/${verification.id}`)).body;
    }
    expect(verification).toMatchObject({ verdict: "clean", findings: [], unchecked: [] });
  });
});
