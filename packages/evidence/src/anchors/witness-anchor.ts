import { createHash } from "node:crypto";
import { StorageError } from "@agent-assembly/storage-core";
import { isEvidenceError } from "../errors.js";
import type { Checkpoint } from "../note/checkpoint.js";
import type { NoteVerifier } from "../note/key.js";
import { openNote } from "../note/note.js";
import { decodeText, toBase64 } from "../support/bytes.js";
import type { Anchor, AnchoredHead, ConsistencyProver } from "./anchor.js";
import { anchorName } from "./anchor.js";
import { cosignedAt, parseWitnessKey } from "./cosignature.js";
import { type HttpAnswer, type HttpOptions, HttpService } from "./http.js";
import { anchoredHead, headOfNote } from "./note-head.js";
import type { AnchorReceipt } from "./receipt.js";

/** Another process of ours can be ahead of this one; then the witness tells its size anew. */
const MOST_TRIES = 4;

/** Options of {@link witnessAnchor}. */
export interface WitnessOptions extends HttpOptions {
  /** Where the witness is asked for what it cosigned. @default where checkpoints are sent */
  readonly monitoringUrl?: string | undefined;
}

/**
 * Has checkpoints cosigned by a witness (C2SP tlog-witness), which must know the log's key. It gives its signature only for trees
 * that continue what it cosigned before. The receipt's checkpoint has the cosignature.
 * @param url the submission prefix
 * @param vkey of the witness, of type 0x04; others may sign as well, and are ignored
 */
export function witnessAnchor(url: string, vkey: string, options: WitnessOptions = {}): Anchor {
  return new WitnessAnchor(url, parseWitnessKey(vkey), options);
}

class WitnessAnchor implements Anchor {
  readonly kind = "witness";
  readonly where: string;
  readonly #submission: HttpService;
  readonly #monitoring: HttpService;
  /** What the witness cosigned last, by log, as far as is known here. */
  readonly #sizes = new Map<string, number>();

  constructor(
    url: string,
    private readonly key: NoteVerifier,
    options: WitnessOptions,
  ) {
    this.#submission = new HttpService(url, options);
    this.#monitoring = new HttpService(options.monitoringUrl ?? url, options);
    this.where = this.#submission.where;
  }

  async put(checkpoint: string, tree: ConsistencyProver): Promise<AnchorReceipt> {
    const head = headOfNote(checkpoint);
    for (let attempt = 1; attempt <= MOST_TRIES; attempt++) {
      const known = this.#sizes.get(head.origin) ?? 0;
      // No proof leads from a larger tree: the witness is asked what it has.
      const old = known > head.size ? 0 : known;
      const answer = await this.#add(checkpoint, head, old, tree);
      if (answer.status === 200) {
        this.#sizes.set(head.origin, head.size);
        return this.#receipt(checkpoint, answer);
      }
      if (answer.status !== 409) throw this.#refused(answer);
      this.#sizes.set(head.origin, this.#sizeIn(answer, head));
    }
    throw this.#submission.error("unavailable", "the witness answers with another size each time");
  }

  async #add(checkpoint: string, { size }: Checkpoint, old: number, tree: ConsistencyProver): Promise<HttpAnswer> {
    const proof = old === 0 ? [] : await tree.consistencyProof(old, size);
    const lines = [`old ${old}`, ...proof.map(toBase64), "", checkpoint];
    return this.#submission.request("/add-checkpoint", { method: "POST", body: lines.join("\n") });
  }

  #sizeIn({ headers, body }: HttpAnswer, { size }: Checkpoint): number {
    const text = decodeText(body) ?? "";
    const isSize =
      (headers.get("content-type") ?? "").startsWith("text/x.tlog.size") && /^(?:0|[1-9]\d{0,15})\n$/.test(text);
    if (!isSize) throw this.#submission.error("corrupt", "the witness answers 409 without its size");
    const known = Number(text);
    if (known <= size) return known;
    throw new StorageError({
      code: "conflict",
      message: `${anchorName(this)} has a tree of ${known} leaves, and this checkpoint has ${size}`,
      remedy:
        "Find out whether the store was set back to a backup, or whether another process has put a later checkpoint.",
    });
  }

  #refused(answer: HttpAnswer): StorageError {
    const { status } = answer;
    if (status === 404) {
      return this.#submission.error(
        "not_found",
        "the witness does not know this log",
        "Have its operator add the log's key.",
      );
    }
    if (status !== 422) return this.#submission.refused(answer);
    return this.#submission.error("conflict", "the witness has another history of this log");
  }

  /** Puts the cosignature to the others, once it was verified. */
  #receipt(checkpoint: string, { body }: HttpAnswer): AnchorReceipt {
    const lines = decodeText(body) ?? "";
    const note = `${checkpoint}${lines}`;
    try {
      const { verified } = openNote(note, [this.key]);
      const [cosignature] = verified;
      const at = cosignature === undefined ? undefined : cosignedAt(cosignature.signature);
      if (at === undefined) throw this.#submission.error("corrupt", "the witness gives a cosignature without a time");
      const own = lines.split("\n").filter((line) => line.startsWith(`— ${this.key.name} `));
      return { anchor: this.kind, at, checkpoint: `${checkpoint}${own.join("\n")}\n`, where: this.where };
    } catch (error) {
      if (!isEvidenceError(error)) throw error;
      throw this.#submission.error("corrupt", `the witness gives no valid cosignature: ${error.message}`);
    }
  }

  async newest(origin: string): Promise<AnchoredHead | undefined> {
    const path = `/${createHash("sha256").update(origin).digest("hex")}/checkpoint`;
    const answer = await this.#monitoring.request(path, { method: "GET" });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw this.#monitoring.refused(answer);
    try {
      openNote(answer.body, [this.key]);
    } catch (error) {
      if (!isEvidenceError(error)) throw error;
      throw this.#monitoring.error(
        "corrupt",
        `the witness shows a checkpoint that it did not cosign: ${error.message}`,
      );
    }
    return anchoredHead(anchorName(this), answer.body, origin);
  }
}
