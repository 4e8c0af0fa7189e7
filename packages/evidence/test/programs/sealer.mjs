// One of several sealers of a store, which works until it is killed. Prints a line once it has begun.
import { createSealer, parseSignerKey } from "@agent-assembly/evidence";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";

const { store, signerKey } = JSON.parse(process.argv[2]);
const storage = await ("path" in store ? openSqliteStorage(store) : openPostgresStorage(store));
const sealer = createSealer(storage, { key: parseSignerKey(signerKey), pollMs: 5, leaseMs: 1000, checkpointMs: 20 });
process.stdout.write("sealing\n");
await sealer.run({ signal: new AbortController().signal });
