import { writeFileSync } from "node:fs";
import type { PeerArguments } from "../arguments.js";
import { comparePeers } from "./compare.js";
import { complete, peerMarkdown, peerText } from "./report.js";

/** Prints the comparison. @returns the exit code */
export async function runPeers(given: PeerArguments): Promise<number> {
  const report = await comparePeers(given);
  if (given.quick) console.log("quick: too little is done for figures to compare\n");
  console.log(peerText(report));
  if (given.markdown !== undefined) writeFileSync(given.markdown, peerMarkdown(report));
  if (given.json !== undefined) writeFileSync(given.json, `${JSON.stringify(report, undefined, 2)}\n`);
  return complete(report) ? 0 : 1;
}
