/** The shape of a schema as data: generated from the migrations, or read from a live database. */
export interface SchemaManifest {
  readonly tables: Readonly<Record<string, TableShape>>;
  readonly indexes: Readonly<Record<string, IndexShape>>;
  readonly views: Readonly<Record<string, ViewShape>>;
}

/** One table: its columns by name, and its further options. */
export interface TableShape {
  readonly columns: Readonly<Record<string, ColumnShape>>;
  /** What columns do not tell (foreign keys, checks, storage options), as the database spells it. */
  readonly options: readonly string[];
}

/** One column of a table, as the database reports it. */
export interface ColumnShape {
  /** As the database spells it, e.g. `INTEGER` or `timestamp with time zone`. */
  readonly type: string;
  readonly nullable: boolean;
  /** Default expression; `null` without one. */
  readonly default: string | null;
  /** Position in the primary key, from 1; 0 outside it. */
  readonly primaryKey: number;
}

/** One index. Its name is the key in {@link SchemaManifest}. */
export interface IndexShape {
  readonly table: string;
  /** The statement that creates it, white space folded. */
  readonly definition: string;
}

/** One view. Its name is the key in {@link SchemaManifest}. */
export interface ViewShape {
  /** The query or the statement that creates it, white space folded. */
  readonly definition: string;
}
