/** Breaks one module as it is loaded: other text takes the place of some of its own. */
export interface Defect {
  /** End of the module's URL. */
  readonly module: string;
  readonly from: string;
  readonly to: string;
}

/** Faults of the software that a soak must find. */
export const DEFECTS = {
  /** A commit is acknowledged before it is on the disk. */
  "no-fsync": [
    {
      module: "/storage-postgres/dist/driver/client/session.js",
      from: "...settings,",
      to: '...settings, synchronous_commit: "off",',
    },
  ],
  /** Retention looks for no legal hold, neither when it plans nor when it drops. */
  "no-hold-check": [
    { module: "/retention/dist/plan/make-plan.js", from: "storage.holds.list()", to: "Promise.resolve([])" },
    {
      module: "/storage-postgres/dist/partitions/hold-guard.js",
      from: "WHERE released_at IS NULL AND",
      to: "WHERE false AND",
    },
    {
      module: "/storage-sqlite/dist/partitions/slice-sql.js",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of that module
      from: "FROM legal_holds AS h WHERE ${COVERS}",
      to: "FROM legal_holds AS h WHERE false",
    },
  ],
  /** A tail takes everything below the newest transaction for committed. */
  "tail-trusts-sequence": [
    {
      module: "/storage-postgres/dist/audit/history/position.js",
      from: 'const open = list === "" ? [] : list.split(",").map(Number);',
      to: "const open = [];",
    },
  ],
} as const satisfies Record<string, readonly Defect[]>;

export type DefectName = keyof typeof DEFECTS;
