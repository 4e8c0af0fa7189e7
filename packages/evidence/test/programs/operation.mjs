// Does one operation on a store, and is killed meanwhile. Reads what to do from standard input; prints a line when it begins.
import {
  announceDrop,
  createSealer,
  dropAnnouncer,
  erasureEvidence,
  parseSignerKey,
  restoreAnnouncer,
} from "@agent-assembly/evidence";
import { applyRetention, openArchive, restoreArchive } from "@agent-assembly/retention";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";

let input = "";
for await (const chunk of process.stdin.setEncoding("utf8")) input += chunk;
const { store, signerKey, now, operation } = JSON.parse(input);
const clock = () => now;
const options = {
  ...store,
  clock,
  governanceEvents: false,
  limits: { maxAgeMs: Number.POSITIVE_INFINITY, maxSkewMs: Number.POSITIVE_INFINITY },
};
const storage = await ("path" in store ? openSqliteStorage(options) : openPostgresStorage(options));
const sealer = createSealer(storage, { key: parseSignerKey(signerKey), clock });

const OPERATIONS = {
  append: ({ events }) => storage.audit.append(events.map((event) => ({ ...event, ts: new Date(event.ts) }))),
  seal: () => sealer.sealOnce(),
  async drop({ run, policy }) {
    const [partition] = await storage.partitions.list("audit");
    const drop = await announceDrop(storage, sealer, { partition, run, policy });
    await storage.partitions.drop(partition, { expect: { rows: drop.events } });
    await drop.done();
  },
  archive: ({ policy, at }) => applyRetention(storage, policy, { now: new Date(at), evidence: dropAnnouncer(storage) }),
  async restore({ archiveUrl }) {
    const archive = await openArchive(archiveUrl, { access: "read" });
    await restoreArchive(archive, storage, { evidence: restoreAnnouncer(storage) });
  },
  erase: ({ request }) => storage.erase(request, { evidence: erasureEvidence(storage, { sealer }) }),
};

process.stdout.write("begun\n");
await OPERATIONS[operation.kind](operation);
await storage.close();
