import { AUDIT_ACTIONS, loadConfig, openStorage } from "@agent-assembly/storage";
import { JsonLinesFile } from "./json-lines-file.js";
import { JsonLinesPipe } from "./json-lines-pipe.js";

const { SIEM_FILE, SIEM_POSITION_FILE = "siem-position" } = process.env;
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stopping.abort());

const storage = await openStorage(await loadConfig());
const output = SIEM_FILE ? await JsonLinesFile.open(SIEM_FILE) : await JsonLinesPipe.open(SIEM_POSITION_FILE);
try {
  const { position } = output;
  const tail = storage.audit.tail({}, { after: position, signal: stopping.signal });
  if (position === undefined) {
    // The export begins with an event of its own, so that from now on there is a position to resume from.
    const start = { agentId: "siem-worker", action: AUDIT_ACTIONS.agentLifecycle, decision: "allow" };
    await storage.audit.append([{ ts: new Date(), ...start, payload: { exporting: "started" } }]);
  }
  console.error(position === undefined ? "exporting new events" : `resuming after position ${position}`);
  for await (const { event, position } of tail) await output.write(event, position);
} finally {
  await output.close();
  await storage.close();
}
