import type { ExportHeader } from "../folder/manifest.js";

/** The text of `README.txt`: what the folder is, and what to run. */
export function readmeText({ from, to, origin, size, whole }: ExportHeader): string {
  const [start, end] = [from?.toISOString() ?? "the beginning", to?.toISOString() ?? "the end"];
  return `Audit events of the log ${origin}, from ${start} to before ${end},
and the evidence that they are complete and unchanged.

HOW TO CHECK THIS FOLDER

1. Get the log's verifier key from its operator by a way that you trust: not from this folder. It looks like
   ${origin}+01234567+AbCd...
2. On any computer with Node.js 20.19 or later, without access to the operator's systems:

     npx @agent-assembly/evidence verify FOLDER --key VERIFIER_KEY

   It reads this folder and nothing else. It ends with a line such as

     complete: 51,204 events, 0 missing, 318 erased, 2,000 dropped (run R)

   and exit code 0; or with findings, one a line, and exit code 1; or with what it could not check, and exit code 3.

WHAT IS IN IT

checkpoint         what the log signed: the size of its tree (${size} leaves) and the hash that stands for all of them
events.jsonl       the events, one JSON object a line; leafIndex is the place of the event in the tree
statements.jsonl   all that the log says about itself: seals with counts by day, retention runs, erasures, keys
lists/             the leaves that a retention run dropped, or an erasure touched; one file for each such statement
seeds.jsonl        the salts with which the events are compared with the tree; as confidential as the events
tile/              hashes of the tree${whole ? ", all of them," : ""} and the entries of its leaves, in the format https://c2sp.org/tlog-tiles
keys/              the verifier keys of the log, to compare with the one you were given
anchors/           receipts of places where checkpoints were put that the operator cannot change
manifest.jsonl     all files with size and SHA-256

WHAT IT DOES NOT SAY

An event that was never recorded cannot be missed. A time-stamp token in anchors/ (the member "token", Base64) is checked with
openssl ts -verify and the certificates of the authority that gave it.

The formats are described in docs/evidence-format.md of Agent Assembly storage.
`;
}
