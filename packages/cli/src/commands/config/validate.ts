import { DEFAULT_CONFIG_PATH } from "@agent-assembly/storage";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { formatJson } from "../../terminal/json.js";

/** A wrong configuration is the error that loading it throws. */
export async function configValidate(context: Context, _: object, file?: string): Promise<ExitCode> {
  const loaded = await context.loadConfig({}, file);
  const { mode, storage } = loaded.config;
  if (context.json) {
    await context.out.line(formatJson({ valid: true, file: loaded.file ?? null, mode, backend: storage.backend }));
  } else {
    const what = loaded.file ?? `no file at ${DEFAULT_CONFIG_PATH}, so defaults and environment`;
    await context.out.line(escapeText(`Valid: ${what} (mode ${mode}, backend ${storage.backend})`));
  }
  return EXIT.ok;
}
