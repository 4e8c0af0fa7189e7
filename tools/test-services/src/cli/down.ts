import { sendSignal } from "../process/processes.js";
import { waitUntil } from "../process/wait-until.js";
import { isKeeper, readState, removeState, stateFile } from "./state-file.js";

/** Stops what `up` started, and nothing else. Tells whether there was anything to stop. */
export async function down(): Promise<boolean> {
  const file = await stateFile();
  const state = await readState(file);
  if (state === undefined) {
    await removeState(file);
    return false;
  }
  sendSignal(state.keeper.pid, "SIGTERM");
  const ended = await waitUntil(() => (isKeeper(state.keeper, file) ? undefined : true), 60_000);
  if (ended === undefined)
    throw new Error(`process ${state.keeper.pid}, which keeps the services, did not end in 60 s`);
  return true;
}
