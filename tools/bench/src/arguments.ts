import { parseArgs } from "node:util";
import { PEERS, type PeerName, STORES, type StoreName } from "./peers/versions.js";
import { ROW_STORES, type RowStore } from "./rows/stores.js";

/** What all three reports have in common. */
interface Common {
  /** Where to write the results as JSON, beside the table. */
  readonly json: string | undefined;
  readonly quick: boolean;
}

/** Speed targets, each as a ratio to a floor. */
export interface TargetArguments extends Common {
  readonly report: "targets";
  /** Names of benches, in the order they are to run in. */
  readonly names: readonly string[];
}

/** Our stores beside others. */
export interface PeerArguments extends Common {
  readonly report: "peers";
  readonly peers: readonly PeerName[];
  readonly stores: readonly StoreName[];
  /** Where to write the tables as Markdown. */
  readonly markdown: string | undefined;
}

/** A store with many events beside a small one. */
export interface RowArguments extends Common {
  readonly report: "rows";
  readonly rows: number;
  readonly stores: readonly RowStore[];
}

export type Arguments = TargetArguments | PeerArguments | RowArguments;

const DEFAULT_ROWS = 10_000_000;
const QUICK_ROWS = 50_000;
/** As many as the small store has. */
const LEAST_ROWS = 10_000;

/**
 * What the command line asks for, or the text to print instead.
 * @param known names of benches
 */
export function readArguments(
  argv: readonly string[],
  known: readonly string[],
): Arguments | { readonly help: string } {
  const { values } = parseArgs({
    args: complete(argv),
    options: {
      help: { type: "boolean", short: "h" },
      json: { type: "string" },
      markdown: { type: "string" },
      only: { type: "string", multiple: true },
      peer: { type: "string", multiple: true },
      peers: { type: "boolean" },
      quick: { type: "boolean" },
      rows: { type: "string" },
      store: { type: "string", multiple: true },
    },
  });
  if (values.help === true) return { help: helpText(known) };
  const { json, markdown, only, peer, rows, store } = values;
  const common = { json, quick: values.quick ?? false };
  const refuse = (option: string, given: unknown, needed: string): void => {
    if (given !== undefined) throw new TypeError(`--${option} needs ${needed}`);
  };
  if (rows !== undefined) {
    if (values.peers === true) throw new TypeError("--rows and --peers are two reports; ask for one at a time");
    refuse("only", only, "neither --rows nor --peers");
    refuse("peer", peer, "--peers");
    refuse("markdown", markdown, "--peers");
    const stores = chosen("store", store, ROW_STORES);
    return { report: "rows", rows: common.quick ? QUICK_ROWS : rowCount(rows), stores, ...common };
  }
  if (values.peers === true) {
    refuse("only", only, "neither --rows nor --peers");
    const peers = chosen("peer", peer, Object.keys(PEERS) as PeerName[]);
    return { report: "peers", peers, stores: chosen("store", store, STORES), markdown, ...common };
  }
  refuse("peer", peer, "--peers");
  refuse("markdown", markdown, "--peers");
  refuse("store", store, "--peers or --rows");
  return { report: "targets", names: chosen("bench", only, known), ...common };
}

/** Without pnpm's own separator, which it hands on, and with the number that `--rows` may leave out. */
function complete(argv: readonly string[]): string[] {
  const given = argv.filter((argument) => argument !== "--");
  return given.flatMap((argument, n) => {
    const next = given[n + 1];
    const bare = argument === "--rows" && (next === undefined || next.startsWith("-"));
    return bare ? [argument, String(DEFAULT_ROWS)] : [argument];
  });
}

function chosen<Name extends string>(what: string, given: readonly string[] | undefined, known: readonly Name[]) {
  const names = given ?? known;
  const unknown = names.find((name) => !known.some((one) => one === name));
  if (unknown !== undefined) throw new TypeError(`Unknown ${what} '${unknown}'; known: ${known.join(", ")}`);
  return [...new Set(names)] as Name[];
}

function rowCount(given: string): number {
  const count = Number(given.replaceAll("_", ""));
  if (!Number.isSafeInteger(count) || count < LEAST_ROWS) {
    throw new TypeError(`--rows takes a whole number of at least ${LEAST_ROWS}, got '${given}'`);
  }
  return count;
}

function helpText(known: readonly string[]): string {
  return `Usage: pnpm bench [--only NAME]... [--quick] [--json FILE]
       pnpm bench --peers [--peer NAME]... [--store NAME]... [--quick] [--markdown FILE] [--json FILE]
       pnpm bench --rows [N] [--store NAME]... [--quick] [--json FILE]

Measures ratios against a floor in the same run; exits 1 when a target is missed.

  --only NAME  this one, instead of all; may be repeated: ${known.join(", ")}
  --quick      fewer rows and rounds than the targets require
  --json FILE  writes the results there, too

--peers measures our stores beside the raw drivers and the public interfaces of others, which it installs into a temporary
folder; exits 1 when one that was asked for could not be measured.

  --peer NAME      this one, instead of all; may be repeated: ${Object.keys(PEERS).join(", ")}
  --store NAME     on this store only: ${STORES.join(", ")}
  --markdown FILE  writes the tables there, too

--rows fills stores with N events (default ${DEFAULT_ROWS.toLocaleString("en-US")}) and prints what that does to the times of a small
store. With --quick, N is ${QUICK_ROWS.toLocaleString("en-US")}.

  --store NAME     on this store only: ${ROW_STORES.join(", ")}`;
}
