import { once } from "node:events";
import { type RetentionSchedule, scheduleRetention } from "@agent-assembly/retention";
import { maskSecrets } from "@agent-assembly/storage-core/backend";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { explainWith } from "../../explain-error.js";
import { dropEvidence } from "./drop-evidence.js";
import { archiveOpener } from "./open-archive.js";
import { ScheduleLog } from "./schedule-log.js";
import {
  configFileOf,
  type LoadedSettings,
  loadSettings,
  refuseVanished,
  restartKeys,
  watchConfigFile,
} from "./settings.js";

/** Until Ctrl-C or SIGTERM; a run that is going on then ends between two steps, and the next one goes on from there. */
export async function retentionSchedule(context: Context): Promise<ExitCode> {
  const first = await loadSettings(context, {});
  context.endsBySigterm();
  return context.withStorage(
    async (storage) => {
      const log = new ScheduleLog(context, explainWith(first.loaded));
      const file = configFileOf(context, first.loaded);
      let current = first;
      const { policy, schedule: line, dryRun, jitterMs } = first.settings;
      log.add({ kind: "watching", schedule: line, file, dryRun });
      const schedule = scheduleRetention(storage, {
        policy,
        schedule: line,
        dryRun,
        jitterMs,
        openArchive: (url) => archiveOpener(current.settings.s3)(url),
        evidence: dropEvidence(storage),
        onEvent: (event) => log.add(event),
      });
      let reloading = Promise.resolve();
      const reload = (cause: "file" | "SIGHUP"): void => {
        reloading = reloading.then(async () => {
          current = (await reloadSettings(context, { first, current, schedule, log, cause })) ?? current;
        });
      };
      const stopWatching = watchConfigFile(file, () => reload("file"));
      const stopListening = context.onReload(() => reload("SIGHUP"));
      try {
        if (!context.signal.aborted) await once(context.signal, "abort");
      } finally {
        stopWatching();
        stopListening();
        await reloading;
        await schedule.stop();
        log.add({ kind: "stopped" });
        await log.flush();
      }
      return EXIT.ok;
    },
    { writes: true, endsBetweenSteps: true, staysOpen: true },
  );
}

interface Reload {
  readonly first: LoadedSettings;
  readonly current: LoadedSettings;
  readonly schedule: RetentionSchedule;
  readonly log: ScheduleLog;
  readonly cause: "file" | "SIGHUP";
}

/** @returns the new settings; `undefined` when they cannot be used, which is logged and changes nothing */
async function reloadSettings(context: Context, { first, current, schedule, log, cause }: Reload) {
  try {
    const next = await loadSettings(context, {});
    refuseVanished(current.loaded, next.loaded);
    const { policy, schedule: line, dryRun } = next.settings;
    schedule.update({ policy, schedule: line, dryRun });
    const restartFor = restartKeys(first.loaded.config, next.loaded.config);
    log.add({ kind: "reloaded", cause, schedule: line, dryRun, restartFor });
    return next;
  } catch (error) {
    log.add({ kind: "reload_failed", cause, message: maskSecrets((error as Error).message) });
    return undefined;
  }
}
