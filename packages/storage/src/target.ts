import { type OpenOptions, StorageError } from "@agent-assembly/storage-core";
import {
  type BackendModule,
  checkKeys,
  checkObject,
  describeShape,
  didYouMean,
  errorInit,
  invalidArgument,
  parseBoolean,
  parseTokenKey,
} from "@agent-assembly/storage-core/backend";
import { BACKEND_NAMES, canBeModule, isBackendName } from "./backends/names.js";
import type { WrapperOptions } from "./backends/wrap.js";
import { expandPath } from "./config/file.js";
import type { Config } from "./config/schema/schema.js";
import { type BackendTarget, present } from "./load-target.js";
import type { OpenOverrides, StorageOptions } from "./options.js";
import { type StateTarget, stateTarget, stateTargetOfConfig } from "./state/options.js";

/** What `openStorage` and `openSchema` are asked for. */
export interface OpenTarget extends BackendTarget {
  readonly common: OpenOptions;
  readonly wrappers: WrapperOptions;
  readonly state: StateTarget;
  /** Absent for options. */
  readonly config?: Config;
  /** Whether {@link config} may become an audit event. */
  readonly recordsConfiguration: boolean;
}

/** @throws `invalid_argument` */
export function resolveTarget(source: Config | StorageOptions, overrides: OpenOverrides = {}): OpenTarget {
  if (typeof source !== "object" || source === null) {
    const wanted = 'must be a configuration or options such as { backend: "sqlite", path }';
    throw invalidOption("source", `${wanted}, got ${describeShape(source)}`);
  }
  checkObject("options", overrides);
  checkKeys("options", overrides, [
    "migrate",
    "readOnly",
    "limits",
    "tokenKey",
    "governanceEvents",
    "recordConfiguration",
    "instrumentation",
    "retry",
  ]);
  if ("storage" in source) {
    const { token_key: tokenKey, governance_events: isRecorded } = source.storage;
    // Backends of other packages need to know the option only where it is used.
    const governanceEvents = isRecorded ? undefined : false;
    const common = commonOf({ ...present({ tokenKey, governanceEvents }), ...present(overrides) });
    return { ...targetOfConfig(source), ...common, state: stateTargetOfConfig(source), config: source };
  }
  const { migrate, readOnly, limits, tokenKey, governanceEvents, recordConfiguration, ...others } = source;
  const { instrumentation, retry, state = {}, ...rest } = others;
  const asked = { migrate, readOnly, limits, tokenKey, governanceEvents, recordConfiguration };
  const given = present({ ...asked, instrumentation, retry });
  const common = commonOf({ ...given, ...present(overrides) });
  return { ...targetOfOptions(rest), ...common, state: stateTarget(state) };
}

function commonOf(overrides: OpenOverrides): Pick<OpenTarget, "common" | "wrappers" | "recordsConfiguration"> {
  const { migrate, readOnly, limits, tokenKey, governanceEvents, recordConfiguration = true } = overrides;
  const { instrumentation, retry } = overrides;
  parseTokenKey(tokenKey);
  if (readOnly !== undefined) parseBoolean("options.readOnly", readOnly);
  const recordsConfiguration = parseBoolean("options.recordConfiguration", recordConfiguration);
  if (governanceEvents !== undefined) parseBoolean("options.governanceEvents", governanceEvents);
  if (instrumentation !== undefined) parseBoolean("options.instrumentation", instrumentation);
  if (retry !== undefined && typeof retry !== "boolean") checkObject("options.retry", retry);
  const common = present({ migrate, readOnly, limits, tokenKey, governanceEvents });
  return { common, wrappers: { instrumentation, retry }, recordsConfiguration };
}

function targetOfConfig({ storage }: Config): BackendTarget {
  const { backend, options } = storage;
  if (!isBackendName(backend)) return { backend, options, optionsKey: "storage.options" };
  return { backend, section: backend === "memory" ? {} : storage[backend] };
}

type OwnOptions = Omit<StorageOptions, keyof OpenOverrides | "state">;

function targetOfOptions(given: OwnOptions): BackendTarget {
  const { backend, ...options } = given as { readonly backend: unknown; readonly [option: string]: unknown };
  if (!isBackendName(backend)) return targetOfPackage(backend, options);
  if (backend === "sqlite") {
    const path = requireText(options.path, "options.path", "a file such as ~/.aasm/local.db");
    return { backend, options: { ...options, path: expandPath(path) } };
  }
  if (backend === "postgres")
    requireText(options.url, "options.url", "a URL such as postgres://user@host:5432/database");
  return { backend, options };
}

function targetOfPackage(backend: unknown, rest: Readonly<Record<string, unknown>>): BackendTarget {
  const isModule = typeof backend === "object" && backend !== null;
  if (
    !isModule &&
    (typeof backend !== "string" || didYouMean(backend, BACKEND_NAMES) !== "" || !canBeModule(backend))
  ) {
    const shown = typeof backend === "string" ? JSON.stringify(backend) : describeShape(backend);
    const hint = typeof backend === "string" ? didYouMean(backend, BACKEND_NAMES).trim() : "";
    const allowed = `${BACKEND_NAMES.join(", ")}, or a package that exports backendModule`;
    throw invalidOption("options.backend", `is ${shown}; allowed: ${allowed}`, hint || undefined);
  }
  const { options = {}, ...others } = rest;
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalidOption("options.options", `must be an object, got ${describeShape(options)}`);
  }
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw invalidOption(
      `options.${unknown}`,
      "is unknown",
      "Pass the options of a backend package in options.options.",
    );
  }
  return { backend: backend as string | BackendModule, options, optionsKey: "options.options" };
}

function requireText(value: unknown, name: string, wanted: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalidOption(name, `must be ${wanted}, got ${describeShape(value)}`);
}

function invalidOption(option: string, problem: string, remedy?: string): StorageError {
  return new StorageError({ ...errorInit(invalidArgument(option, problem, remedy)), operation: "open" });
}
