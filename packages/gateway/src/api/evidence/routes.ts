import { jsonAnswer } from "../routing/answers.js";
import { defineRoute, type Route } from "../routing/route.js";
import * as schemas from "../schemas/evidence.js";
import { evidenceStatus } from "./status.js";
import { checkpointAnswer, logOf, tileAnswer } from "./tiles.js";

const TAG = "evidence";
const CHECKPOINT = { 200: { description: "The note", mediaTypes: ["text/plain"] } } as const;
const TILE = {
  200: {
    description: "32 bytes for each hash; of a bundle, each entry after its length in two bytes",
    mediaTypes: ["application/octet-stream"],
    headers: { ETag: "Names log, tile and width", "Cache-Control": "How long it may be kept" },
  },
  304: { description: "The client has it: `If-None-Match` names its tag" },
} as const;
const NO_CHECKPOINT = {
  404: "The events are not sealed, there is no such log, or no checkpoint of it was signed",
  501: "The store keeps no evidence",
} as const;
const NO_TILE = {
  404: "The newest checkpoint covers no such tile, or it is gone: rows were dropped, or the tile was pruned with them; `detail` says which",
  501: "The store keeps no evidence; of a bundle also: the gateway's login may not read the salts that entries are made from",
} as const;

/** The routes of the log that seals events. */
export const EVIDENCE_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    path: "/evidence/status",
    id: "evidenceStatus",
    tag: TAG,
    summary: "Where the log stands",
    scopes: ["read"],
    team: "refused",
    answers: { 200: { description: "Nothing of it is verified", schema: schemas.evidenceStatus } },
    handle: async ({ context: { storage, now } }) => jsonAnswer(await evidenceStatus(storage, now())),
  }),
  defineRoute({
    method: "GET",
    path: "/evidence/erasures",
    id: "listErasures",
    tag: TAG,
    summary: "List erasures",
    scopes: ["read"],
    team: "refused",
    answers: { 200: { description: "Oldest first", schema: schemas.erasureList } },
    errors: { 501: "The store erases nothing" },
    handle: async ({ context }) => jsonAnswer({ items: await context.storage.erasures() }),
  }),
  defineRoute({
    method: "GET",
    path: "/evidence/checkpoint",
    id: "getCheckpoint",
    tag: TAG,
    summary: "Read the newest signed checkpoint",
    description: "A signed note, as in C2SP tlog-checkpoint.",
    scopes: ["read"],
    team: "refused",
    answers: CHECKPOINT,
    errors: NO_CHECKPOINT,
    handle: async ({ context: { storage } }) => checkpointAnswer(await logOf(storage)),
  }),
  defineRoute({
    method: "GET",
    path: "/evidence/tile/{path}",
    id: "getTile",
    tag: TAG,
    summary: "Read a tile, or a bundle of entries, of the newest log",
    description:
      "As in C2SP tlog-tiles: the path ends with level and index, such as `0/x001/067` or `0/003.p/17`, and `entries` in place of the level stands for entries. What the newest checkpoint covers is served. Entries are made anew from rows and salts and compared with the tree, so that a bundle is served as long as the rows of all its events are there; for those of dropped rows, use `aasm evidence export --archive`. A store may begin another log, whose tiles are then served here: caches ask each time whether a tile is still the same. Below `/evidence/logs/{log}` they need not.",
    scopes: ["read"],
    team: "refused",
    params: schemas.tilePath,
    headers: { "If-None-Match": "The tag of the tile that the client has" },
    answers: TILE,
    errors: NO_TILE,
    handle: async ({ context: { storage }, params: { path }, headers }) =>
      tileAnswer(storage, await logOf(storage), path, { headers, isForEver: false }),
  }),
  defineRoute({
    method: "GET",
    path: "/evidence/logs/{log}/checkpoint",
    id: "getLogCheckpoint",
    tag: TAG,
    summary: "Read the newest signed checkpoint of one of the store's logs",
    description: "Logs are numbered from 1; `/evidence/status` lists them.",
    scopes: ["read"],
    team: "refused",
    params: schemas.logPath,
    answers: CHECKPOINT,
    errors: NO_CHECKPOINT,
    handle: async ({ context: { storage }, params: { log } }) => checkpointAnswer(await logOf(storage, log)),
  }),
  defineRoute({
    method: "GET",
    path: "/evidence/logs/{log}/tile/{path}",
    id: "getLogTile",
    tag: TAG,
    summary: "Read a tile, or a bundle of entries, of one of the store's logs",
    description:
      "As `/evidence/tile/{path}`. `/api/v1/evidence/logs/{log}` is the prefix that tools for C2SP tlog-tiles take; full tiles never change there, and caches may keep them.",
    scopes: ["read"],
    team: "refused",
    params: schemas.logTilePath,
    headers: { "If-None-Match": "The tag of the tile that the client has" },
    answers: TILE,
    errors: NO_TILE,
    handle: async ({ context: { storage }, params: { log, path }, headers }) =>
      tileAnswer(storage, await logOf(storage, log), path, { headers, isForEver: true }),
  }),
];
