import type * as z from "zod/mini";
import type { BackendName } from "../../backends/names.js";
import type { ValuesOf } from "../keys/key.js";
import { CONFIG_KEYS } from "../keys/table.js";
import type { Mode } from "../names.js";
import { strictSection } from "./section.js";

/** What the schema makes of a file, with its defaults filled in. */
export type ParsedConfig = ValuesOf<typeof CONFIG_KEYS>;

export type PostgresConfig = ParsedConfig["storage"]["postgres"];

export type RetentionConfig = ParsedConfig["storage"]["retention"];

/** The section `gateway` of a configuration: where `aasm serve` listens, and within which limits. */
export type GatewayConfig = ParsedConfig["gateway"];

/** The file's shape. Every section may be missing. */
export const configSchema = strictSection(CONFIG_KEYS) as unknown as z.ZodMiniType<ParsedConfig, unknown>;

/** A complete configuration: every default filled in, `mode` and `storage.backend` settled. */
export interface Config {
  readonly mode: Mode;
  readonly storage: Readonly<Omit<ParsedConfig["storage"], "backend">> & {
    /** One of ours, a package, or the absolute path of a module, whose options are in `options`. */
    readonly backend: BackendName | (string & {});
  };
  readonly gateway: Readonly<GatewayConfig>;
}
