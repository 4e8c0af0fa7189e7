/** Names that `--peer` takes, and what the table calls them. */
export const PEERS = {
  drizzle: "drizzle-orm",
  langgraph: "LangGraph checkpoint saver",
  mastra: "Mastra storage",
  emmett: "Emmett event store",
} as const;

export type PeerName = keyof typeof PEERS;

/** The stores on which all are compared. */
export const STORES = ["sqlite", "postgres"] as const;

export type StoreName = (typeof STORES)[number];

/** What one peer is installed from, for one store. */
export interface PeerPackages {
  /** Exact versions. The first is the one whose interface is measured. */
  readonly packages: Readonly<Record<string, string>>;
  /** Packages with a native part that has to be built here; no other install script runs. */
  readonly build?: readonly string[];
  /** Packages of this workspace to use instead of what was installed, so that the same driver is measured. */
  readonly shared?: readonly string[];
}

const LANGGRAPH = { "@langchain/langgraph-checkpoint": "1.2.2", "@langchain/core": "1.4.0" };
const MASTRA = { "@mastra/core": "1.71.0" };

/** The pinned versions of everything that is not a dependency of this workspace. */
export const PINNED: Readonly<Record<Exclude<PeerName, "drizzle">, Readonly<Record<StoreName, PeerPackages>>>> = {
  langgraph: {
    sqlite: {
      packages: { "@langchain/langgraph-checkpoint-sqlite": "1.0.4", ...LANGGRAPH },
      shared: ["better-sqlite3"],
    },
    postgres: { packages: { "@langchain/langgraph-checkpoint-postgres": "1.0.5", ...LANGGRAPH } },
  },
  mastra: {
    sqlite: { packages: { "@mastra/libsql": "1.23.1", ...MASTRA } },
    postgres: { packages: { "@mastra/pg": "1.27.1", ...MASTRA } },
  },
  emmett: {
    sqlite: {
      packages: {
        "@event-driven-io/emmett-sqlite": "0.38.5",
        "@event-driven-io/emmett": "0.38.5",
        sqlite3: "5.1.7",
      },
      build: ["sqlite3"],
    },
    postgres: {
      packages: { "@event-driven-io/emmett-postgresql": "0.42.0", "@event-driven-io/emmett": "0.42.0" },
    },
  },
};
