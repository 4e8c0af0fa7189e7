import { once } from "node:events";
import { applyRetention, openArchive, scheduleRetention } from "@agent-assembly/retention";
import { isStorageError, loadConfig, openStorage, retentionSettings } from "@agent-assembly/storage";

/** @param {object} members of a log line */
const log = (members) => console.log(JSON.stringify({ at: new Date(), ...members }));

/** @param {import("@agent-assembly/retention").RunReport} report */
function summaryOf({ runId, outcome, rows, archivedRows, detail, failures }) {
  return { runId, outcome, rows, archivedRows, ...(failures.length > 0 && { detail }) };
}

/** @param {import("@agent-assembly/retention").ScheduleEvent} event */
function logEvent(event) {
  // One line for every batch of rows would hide the others.
  if (event.kind === "progress") return;
  if (event.kind === "ended") log({ kind: "ended", scheduledFor: event.scheduledFor, ...summaryOf(event.report) });
  else if (event.kind === "failed") log({ kind: "failed", message: event.error.message });
  else if (event.kind === "planned") log({ kind: "planned", items: event.plan.items.length });
  else log(event);
}

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stopping.abort());

const config = await loadConfig();
const { policy, s3, ...settings } = retentionSettings(config);
/** @param {string} url */
const openIt = (url) => openArchive(url, { s3 });
const storage = await openStorage(config);
try {
  if (process.argv.includes("--once")) {
    const report = await applyRetention(storage, policy, { openArchive: openIt, signal: stopping.signal });
    log({ kind: "ended", ...summaryOf(report) });
    process.exitCode = report.outcome === "succeeded" ? 0 : 1;
  } else {
    const schedule = scheduleRetention(storage, { ...settings, policy, openArchive: openIt, onEvent: logEvent });
    if (!stopping.signal.aborted) await once(stopping.signal, "abort");
    // A run that is going on ends between two steps, and the next one resumes it.
    await schedule.stop();
    log({ kind: "stopped" });
  }
} catch (error) {
  if (!isStorageError(error, "busy")) throw error;
  log({ kind: "left", to: "running", message: error.message });
} finally {
  await storage.close();
}
