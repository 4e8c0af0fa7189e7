import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { isEvidenceError, type NoteVerifier, openCheckpoint, verifyConsistency } from "../../src/index.js";
import type { Reply, Request } from "./servers.js";

const SEED = Buffer.alloc(32, 9);
const PRIVATE = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), SEED]),
  format: "der",
  type: "pkcs8",
});
const PUBLIC = Buffer.from(createPublicKey(PRIVATE).export({ format: "jwk" }).x ?? "", "base64url");
const NAME = "witness.example/w1";
const ID = createHash("sha256")
  .update(Buffer.concat([Buffer.from(`${NAME}\n`), Buffer.of(4), PUBLIC]))
  .digest()
  .subarray(0, 4);

export const WITNESS_KEY = `${NAME}+${ID.toString("hex")}+${Buffer.concat([Buffer.of(4), PUBLIC]).toString("base64")}`;

/** A witness of one log, as C2SP tlog-witness describes it. */
export class Witness {
  newest: { size: number; root: Uint8Array; note: string } = { size: 0, root: new Uint8Array(0), note: "" };
  readonly olds: number[] = [];
  /** What it answers with a cosignature, changed. */
  change: (lines: string) => string = (lines) => lines;

  constructor(private readonly keys: readonly NoteVerifier[]) {}

  readonly handle = ({ method, url, body }: Request): Reply => {
    if (method === "GET") {
      return this.newest.size > 0 && /^\/[0-9a-f]{64}\/checkpoint$/.test(url)
        ? { body: this.newest.note }
        : { status: 404 };
    }
    if (url !== "/add-checkpoint") return { status: 404 };
    const text = body.toString();
    const split = text.indexOf("\n\n");
    const [first = "", ...proof] = text.slice(0, split).split("\n");
    const old = Number(/^old (\d+)$/.exec(first)?.[1]);
    this.olds.push(old);
    const note = text.slice(split + 2);
    try {
      const opened = openCheckpoint(note, this.keys);
      if (old > opened.size) return { status: 400 };
      if (old !== this.newest.size) {
        return { status: 409, headers: { "content-type": "text/x.tlog.size" }, body: `${this.newest.size}\n` };
      }
      const hashes = proof.map((line) => Buffer.from(line, "base64"));
      if (old > 0) verifyConsistency(hashes, this.newest, opened);
      const lines = this.change(cosign(opened.note.text, 1_764_500_000));
      this.newest = { size: opened.size, root: opened.root, note: `${note}${lines}` };
      return { body: lines };
    } catch (error) {
      if (!isEvidenceError(error)) throw error;
      return { status: error.problem === "proof_invalid" ? 422 : 403 };
    }
  };
}

function cosign(text: string, seconds: number): string {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(seconds));
  const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`), PRIVATE);
  return `— ${NAME} ${Buffer.concat([ID, time, signature]).toString("base64")}\n`;
}
