import { type AgentStorage, openStorage } from "@agent-assembly/storage";
import { createDatabase } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, inject } from "vitest";
import { sharedSessionCases } from "./shared-session-cases.js";

describeNeeding("postgres", "sessions of gateways that share a database", async () => {
  const server = inject("services").profiles.find(({ name }) => name === "postgres");
  const { url, drop } = await createDatabase(server?.url ?? "", "gateway_sessions");
  const open = (): Promise<AgentStorage> =>
    openStorage({ backend: "postgres", url, timescaledb: "off", migrate: "auto", maxConnections: 2 });
  const stores = [await open(), await open()] as const;
  afterAll(async () => {
    for (const storage of stores) await storage.close();
    await drop();
  });
  sharedSessionCases(async () => stores);
});
