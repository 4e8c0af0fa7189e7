import { parseArgs } from "node:util";

export interface Arguments {
  /** Names of benches, in the order they are to run in. */
  readonly names: readonly string[];
  /** Where to write the results as JSON, beside the table. */
  readonly json: string | undefined;
  readonly quick: boolean;
}

/** What the command line asks for, or the text to print instead. */
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
      only: { type: "string", multiple: true },
      quick: { type: "boolean" },
    },
  });
  if (values.help === true) return { help: helpText(known) };
  const names = values.only ?? known;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`Unknown bench '${unknown}'; known: ${known.join(", ")}`);
  return { names, json: values.json, quick: values.quick ?? false };
}

function helpText(known: readonly string[]): string {
  return `Usage: pnpm bench [--only NAME]... [--quick] [--json FILE]

Measures ratios against a floor in the same run; exits 1 when a target is missed.

  --only NAME  this one, instead of all; may be repeated: ${known.join(", ")}
  --quick      fewer rows and rounds than the targets require
  --json FILE  writes the results there, too`;
}
