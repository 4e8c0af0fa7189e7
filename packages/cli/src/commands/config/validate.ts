import { checkConfig, DEFAULT_CONFIG_PATH, type LoadedConfig } from "@agent-assembly/storage";
import { StorageError } from "@agent-assembly/storage-core";
import { parseArchiveUrl } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { inSettings } from "../../explain-error.js";
import { escapeText } from "../../terminal/escape.js";
import { formatJson } from "../../terminal/json.js";

/** A wrong configuration is the error that loading it, or using it, throws. Nothing is opened. */
export async function configValidate(context: Context, _: object, file?: string): Promise<ExitCode> {
  const loaded = await context.loadConfig({}, file);
  const { mode, storage } = loaded.config;
  try {
    await checkConfig(loaded.config);
    await checkRetention(storage.retention);
  } catch (error) {
    throw inSettings(error, loaded);
  }
  if (context.json) {
    const warnings = loaded.warnings.map(({ message }) => message);
    await context.out.line(
      formatJson({ valid: true, file: loaded.file ?? null, mode, backend: storage.backend, warnings }),
    );
  } else {
    const what = loaded.file ?? `no file at ${DEFAULT_CONFIG_PATH}, so defaults and environment`;
    await context.out.line(escapeText(`Valid: ${what} (mode ${mode}, backend ${storage.backend})`));
  }
  return EXIT.ok;
}

/** What a run of retention would refuse before it begins. */
async function checkRetention({
  archive_url: url,
  schedule,
}: LoadedConfig["config"]["storage"]["retention"]): Promise<void> {
  if (url !== undefined) requireArchiveUrl(url);
  new (await import("@agent-assembly/retention")).CronLine(schedule).next(new Date());
}

function requireArchiveUrl(url: string): void {
  const option = "storage.retention.archive_url";
  try {
    parseArchiveUrl(option, url);
  } catch (error) {
    // Of the configuration, and not of the command line.
    if (!(error instanceof UsageError)) throw error;
    throw new StorageError({ code: "invalid_argument", option, message: error.message, operation: "config.check" });
  }
}
