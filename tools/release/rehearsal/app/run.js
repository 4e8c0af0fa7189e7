// Runs on the oldest supported Node.js as it is.
import { openStorage } from "@agent-assembly/storage";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";

const event = { ts: new Date(), agentId: "support-bot", action: "tool_call", decision: "deny" };
for (const storage of [
  openMemoryStorage(),
  await openStorage({ backend: "sqlite", path: "audit.db", migrate: "auto" }),
]) {
  await storage.audit.append([event]);
  const { items } = await storage.audit.query({ agentId: "support-bot" }, { limit: 10 });
  console.log(`${storage.name} ${items.length} ${items[0].decision}`);
  await storage.close();
}
