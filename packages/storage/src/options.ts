import type { OpenOptions } from "@agent-assembly/storage-core";
import type { BackendModule } from "@agent-assembly/storage-core/backend";
import type { InstalledPostgresOptions, InstalledSqliteOptions } from "./backends/installed-options.js";
import type { BackendPackage } from "./backends/names.js";
import type { WrapperOptions } from "./backends/wrap.js";
import type { StateOptions } from "./state/options.js";

/** Options of `openStorage` for every backend. */
export interface OpenOverrides extends OpenOptions, WrapperOptions {
  /**
   * Whether a configuration that is not the one recorded last becomes an audit event, its secrets masked. Tools that open a store for one
   * command leave it out. @default `governanceEvents`, unless the store is opened for reading only
   */
  readonly recordConfiguration?: boolean | undefined;
}

/** A store that is given directly, without a configuration. */
export type StorageOptions = OpenOverrides & {
  /** Where policy cache, approvals and rate limits are kept. @default in this process and in the store */
  readonly state?: StateOptions | undefined;
} & (
    | ({ readonly backend: "sqlite" } & SqliteOptions)
    | ({ readonly backend: "postgres" } & PostgresConnection)
    | { readonly backend: "memory" }
    | PackageBackend
  );

/** A backend of another package: by the package's name, by the path of its module, or as the module itself. */
export interface PackageBackend {
  readonly backend: BackendPackage | BackendModule;
  /** The backend's own options. */
  readonly options?: object | undefined;
}

/** `SqliteStorageOptions` of `@agent-assembly/storage-sqlite`; only `path` where that package is not installed. */
export interface SqliteOptions extends InstalledSqliteOptions {
  /** The database file; `~` is the home folder, a relative path starts from the working folder. */
  readonly path: string;
}

/** `PostgresStorageOptions` of `@agent-assembly/storage-postgres`; only `url` where that package is not installed. */
export interface PostgresConnection extends InstalledPostgresOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
}
