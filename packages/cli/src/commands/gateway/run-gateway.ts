import { once } from "node:events";
import type { GatewayServer, ServeOptions } from "@agent-assembly/gateway";
import { type AgentStorage, type Config, type LoadedConfig, retentionSettings } from "@agent-assembly/storage";
import { isStorageError } from "@agent-assembly/storage-core";
import { parseInteger } from "../../args/values.js";
import type { Context, OpenStoreOptions } from "../../context.js";
import { UsageError } from "../../exit.js";
import { explainWith } from "../../explain-error.js";
import { ErrorLog } from "./error-log.js";
import { makeKey, writeRuntimeFile } from "./runtime-file.js";

/** Options of commands that start a gateway, in place of keys of `gateway`. */
export interface ListenOptions {
  readonly host?: string;
  readonly port?: string;
  readonly otlpPort?: string;
}

/** How a store is opened for a gateway: it may be new, and stays open. @throws UsageError */
export function openOptionsOf({ host, port, otlpPort }: ListenOptions): OpenStoreOptions {
  const flags = {
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port: parseInteger("--port", port, 0, 65_535) }),
    ...(otlpPort !== undefined && { otlpPort: parseInteger("--otlp-port", otlpPort, 0, 65_535) }),
  };
  return { create: true, endsBetweenSteps: true, staysOpen: true, flags };
}

/**
 * Serves a store until Ctrl-C or SIGTERM.
 * @param name under which what is changed by the page is recorded
 * @param started tells of the server
 */
export async function runGateway(
  context: Context,
  store: { readonly storage: AgentStorage; readonly loaded: LoadedConfig },
  name: string,
  started: (server: GatewayServer) => Promise<void>,
): Promise<void> {
  const { storage, loaded } = store;
  const { serve } = await import("@agent-assembly/gateway");
  const log = new ErrorLog(context, explainWith(loaded));
  const key = makeKey();
  const server = await listening(loaded, () =>
    serve(storage, {
      ...settingsOf(loaded),
      // Exporters of this machine may send while there are no tokens. What is stored is not for every user of the machine.
      anonymous: ["ingest"],
      linkKey: key,
      linkName: name,
      onError: (error) => log.add(error),
    }),
  );
  try {
    const forget = await writeRuntimeFile(context, { url: server.url, pid: process.pid, key });
    try {
      await started(server);
      if (!context.signal.aborted) await once(context.signal, "abort");
    } finally {
      await forget();
    }
  } finally {
    await server.close();
    await log.flush();
  }
}

function settingsOf({ config }: LoadedConfig): ServeOptions {
  const { host, port, otlp_port, cert_file, key_file, public_url, otlp, ...others } = config.gateway;
  return {
    host,
    port,
    otlpPort: otlp_port,
    ...(cert_file !== undefined && key_file !== undefined && { tls: { certFile: cert_file, keyFile: key_file } }),
    publicUrl: public_url,
    limits: { bodyBytes: others.max_body_bytes, inFlightBytes: others.max_in_flight_bytes },
    mode: config.mode,
    retention: retentionOf(config),
    sessionKey: others.session_key,
    accessAudit: others.access_audit,
    sampleModelCalls: others.sample_model_calls,
    otlp: {
      keepAttributes: otlp.keep_attributes,
      unmapped: otlp.unmapped,
      maxMemberBytes: otlp.max_member_bytes,
      maxPayloadBytes: otlp.max_payload_bytes,
      redact: otlp.redact,
    },
  };
}

function retentionOf(config: Config): ServeOptions["retention"] {
  const { policy, schedule, dryRun, s3 } = retentionSettings(config);
  // What reads and writes archives is loaded with the first run that needs it.
  const openArchive = async (url: string) => (await import("../retention/open-archive.js")).archiveOpener(s3)(url);
  return { policy, schedule, dryRun, openArchive };
}

/** Where and how to listen is how the command is called: a mistake in it is one of the command line. */
async function listening(loaded: LoadedConfig, start: () => Promise<GatewayServer>): Promise<GatewayServer> {
  try {
    return await start();
  } catch (error) {
    const explained = explainWith(loaded)(error as Error);
    if (isStorageError(error) && error.backend === "gateway" && MISTAKES.has(error.code)) {
      throw new UsageError(explained.message);
    }
    throw explained;
  }
}

const MISTAKES: ReadonlySet<string> = new Set(["invalid_argument", "unsupported"]);
