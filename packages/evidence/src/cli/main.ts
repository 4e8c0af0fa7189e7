import { parseArgs } from "node:util";
import { isStorageError } from "@agent-assembly/storage-core";
import { packageVersion } from "@agent-assembly/storage-core/backend";
import { isEvidenceError } from "../errors.js";
import { type NoteVerifier, parseVerifierKey } from "../note/key.js";
import { verifyExport } from "../verify/verify-export.js";
import { proofText, readProof, readSmallFile } from "./proof.js";
import { reportText } from "./report-text.js";
import { parseTime } from "./time.js";

/** What a command ends with: it holds; something was found; the command line is wrong; it could not be checked. */
export type ExitCode = 0 | 1 | 2 | 3;

interface Output {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

const USAGE = `Checks evidence for audit events. Reads what is named and nothing else.

  evidence verify DIR --key VKEY [--from TIME] [--to TIME] [--earlier FILE] [--json]
      verifies an export: all events that were ever sealed for its range are there, unchanged, or a statement of the
      log says what became of them
  evidence proof FILE --key VKEY [--json]
      verifies the proof of one event, a .tlog-proof file

  --key VKEY    the log's verifier key, from its operator by a way that you trust; several times for several keys
  --from TIME   the first instant to verify, such as 2026-11-01 or 2026-11-01T06:00:00Z
  --to TIME     the first instant behind it
  --earlier FILE  a signed checkpoint of the log that you have from elsewhere, which the export must continue; several
                times for several
  --json        the result as JSON
  --version     the version of this program
  --help        this text

Exit code: 0 it holds, 1 something was found, 2 the command line is wrong, 3 it could not be checked.
`;

/** A command line that cannot be understood. */
class UsageError extends Error {}

/** Runs one command line. @param argv without the names of Node.js and of the program */
export async function main(argv: readonly string[], { stdout, stderr }: Output): Promise<ExitCode> {
  try {
    const { command, path, keys, options } = parse(argv);
    if (options.help === true) return print(stdout, USAGE, 0);
    if (options.version === true)
      return print(stdout, `${packageVersion(() => new URL("../../package.json", import.meta.url))}\n`, 0);
    if (command === "proof") {
      const proof = await readProof(path, keys);
      return print(stdout, options.json === true ? `${JSON.stringify(proof)}\n` : proofText(proof), 0);
    }
    const range = { from: parseTime(options.from), to: parseTime(options.to) };
    const earlier: string[] = [];
    for (const file of options.earlier ?? []) earlier.push(Buffer.from(await readSmallFile(file)).toString());
    const report = await verifyExport(path, { keys, ...range, earlier });
    const text = options.json === true ? `${JSON.stringify(report)}\n` : reportText(report);
    if (report.findingCount > 0) return print(stdout, text, 1);
    return print(stdout, text, report.isComplete ? 0 : 3);
  } catch (error) {
    return failed(error, stderr);
  }
}

function parse(argv: readonly string[]) {
  const { values: options, positionals } = parseOptions(argv);
  const [command = "", path = "", ...rest] = positionals;
  if (options.help === true || options.version === true) return { command, path, keys: [], options };
  if (command !== "verify" && command !== "proof") throw new UsageError("name a command: verify or proof");
  if (path === "" || rest.length > 0) throw new UsageError(`${command} takes one path`);
  if (options.key === undefined) throw new UsageError(`${command} needs --key with the log's verifier key`);
  if (command === "proof" && (options.from ?? options.to ?? options.earlier) !== undefined) {
    throw new UsageError("proof takes no --from, --to and --earlier");
  }
  for (const name of ["from", "to"] as const) {
    if (options[name] !== undefined && parseTime(options[name]) === undefined) {
      throw new UsageError(`--${name} must be a day such as 2026-11-01, or a time such as 2026-11-01T06:00:00Z`);
    }
  }
  return { command, path, keys: options.key.map(keyOf), options };
}

function parseOptions(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        key: { type: "string", multiple: true },
        from: { type: "string" },
        to: { type: "string" },
        earlier: { type: "string", multiple: true },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
    });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

function keyOf(vkey: string): NoteVerifier {
  try {
    return parseVerifierKey(vkey);
  } catch (error) {
    if (isStorageError(error)) throw new UsageError(`--key: ${error.message}`);
    throw error;
  }
}

function failed(error: unknown, stderr: Output["stderr"]): ExitCode {
  if (error instanceof UsageError) return print(stderr, `${error.message}\n\n${USAGE}`, 2);
  if (isEvidenceError(error)) {
    // A kind of a later version is no evidence against the log.
    return print(stderr, `${error.problem}: ${error.message}\n`, error.problem === "entry_unknown" ? 3 : 1);
  }
  if (isStorageError(error, "invalid_argument") && error.option?.startsWith("options.") === true) {
    return print(stderr, `${error.message}\n`, 2);
  }
  const message = error instanceof Error ? error.message : String(error);
  return print(stderr, `could not check: ${message}\n`, 3);
}

/** Text of others comes without what a terminal would obey. */
function print(stream: { write(text: string): unknown }, text: string, code: ExitCode): ExitCode {
  stream.write(text.replaceAll(/[^\P{Cc}\n]/gu, "\u{fffd}"));
  return code;
}
