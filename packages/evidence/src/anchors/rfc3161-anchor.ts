import { randomBytes } from "node:crypto";
import { sha256 } from "../tree/hash.js";
import type { Anchor } from "./anchor.js";
import { type HttpOptions, HttpService } from "./http.js";
import { headOfNote } from "./note-head.js";
import type { AnchorReceipt } from "./receipt.js";
import { readTimeStamp, timeStampRequest } from "./time-stamp.js";

const NONCE_BYTES = 16;

/**
 * Has checkpoints stamped by a time-stamping authority (RFC 3161). The receipt's token proves that the checkpoint existed at its
 * time. It is of the SHA-256 of the signed note, and checked with `openssl ts -verify`; the authority keeps nothing.
 * @param url of the authority
 */
export function rfc3161Anchor(url: string, options: HttpOptions = {}): Anchor {
  const service = new HttpService(url, options);
  const { where } = service;
  return {
    kind: "rfc3161",
    where,
    async put(checkpoint): Promise<AnchorReceipt> {
      headOfNote(checkpoint);
      const digest = sha256(Buffer.from(checkpoint));
      const nonce = randomBytes(NONCE_BYTES);
      const answer = await service.request("", {
        method: "POST",
        body: Buffer.from(timeStampRequest(digest, nonce)),
        headers: { "content-type": "application/timestamp-query", accept: "application/timestamp-reply" },
      });
      if (answer.status !== 200) throw service.refused(answer);
      const read = readTimeStamp(answer.body, digest, nonce);
      if ("problem" in read) throw service.error("corrupt", `the answer ${read.problem}`);
      return { anchor: "rfc3161", at: read.at, checkpoint, token: read.token, where };
    },
    newest: async () => undefined,
  };
}
