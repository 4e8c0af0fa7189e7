import { parseArgs } from "node:util";
import { PEERS, type PeerName, STORES, type StoreName } from "./peers/versions.js";

/** What both reports have in common. */
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

export type Arguments = TargetArguments | PeerArguments;

/**
 * What the command line asks for, or the text to print instead.
 * @param known names of benches
 */
export function readArguments(
  argv: readonly string[],
  known: readonly string[],
): Arguments | { readonly help: string } {
  const { values } = parseArgs({
    // pnpm hands its own separator on.
    args: argv.filter((argument) => argument !== "--"),
    options: {
      help: { type: "boolean", short: "h" },
      json: { type: "string" },
      markdown: { type: "string" },
      only: { type: "string", multiple: true },
      peer: { type: "string", multiple: true },
      peers: { type: "boolean" },
      quick: { type: "boolean" },
      store: { type: "string", multiple: true },
    },
  });
  if (values.help === true) return { help: helpText(known) };
  const { json, markdown, only, peer, store } = values;
  const common = { json, quick: values.quick ?? false };
  const refuse = (option: string, given: unknown, needed: string): void => {
    if (given !== undefined) throw new TypeError(`--${option} needs ${needed}`);
  };
  if (values.peers === true) {
    refuse("only", only, "no --peers");
    const peers = chosen("peer", peer, Object.keys(PEERS) as PeerName[]);
    return { report: "peers", peers, stores: chosen("store", store, STORES), markdown, ...common };
  }
  refuse("peer", peer, "--peers");
  refuse("markdown", markdown, "--peers");
  refuse("store", store, "--peers");
  return { report: "targets", names: chosen("bench", only, known), ...common };
}

function chosen<Name extends string>(what: string, given: readonly string[] | undefined, known: readonly Name[]) {
  const names = given ?? known;
  const unknown = names.find((name) => !known.some((one) => one === name));
  if (unknown !== undefined) throw new TypeError(`Unknown ${what} '${unknown}'; known: ${known.join(", ")}`);
  return [...new Set(names)] as Name[];
}

function helpText(known: readonly string[]): string {
  return `Usage: pnpm bench [--only NAME]... [--quick] [--json FILE]
       pnpm bench --peers [--peer NAME]... [--store NAME]... [--quick] [--markdown FILE] [--json FILE]

Measures ratios against a floor in the same run; exits 1 when a target is missed.

  --only NAME  this one, instead of all; may be repeated: ${known.join(", ")}
  --quick      fewer rows and rounds than the targets require
  --json FILE  writes the results there, too

--peers measures our stores beside the raw drivers and the public interfaces of others, which it installs into a temporary
folder; exits 1 when one that was asked for could not be measured.

  --peer NAME      this one, instead of all; may be repeated: ${Object.keys(PEERS).join(", ")}
  --store NAME     on this store only: ${STORES.join(", ")}
  --markdown FILE  writes the tables there, too`;
}
