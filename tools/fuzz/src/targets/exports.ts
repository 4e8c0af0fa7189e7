import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  createSealer,
  type ExportReport,
  restoreAnnouncer,
  signCheckpoint,
  verifyExport,
  verifyStore,
} from "@agent-assembly/evidence";
import { openArchive, restoreArchive } from "@agent-assembly/retention";
import fc from "fast-check";
import {
  type FileChange,
  fileChange,
  sameFiles,
  withChange,
  withManifest,
  writeFiles,
} from "../support/changed-files.js";
import { answered } from "../support/refusal.js";
import { openSealed, type SealedEvidence, sealedEvidence } from "../support/sealed-evidence.js";
import { defineTarget } from "../target.js";

/** Larger than any log: what is read must not grow with what a checkpoint says. */
const SIZES = [0, 1, 255, 257, 301, 2 ** 32, 2 ** 53 - 1];
/** What nothing in the tree is about: texts for people, copies of keys, receipts of others. */
const UNBOUND = /^(?:README\.txt|manifest\.jsonl|(?:keys|anchors)\/.*)$/;

type Input =
  /** @property concealed whether the manifest names the files as they are now */
  | {
      readonly kind: "export";
      readonly which: number;
      readonly changes: readonly FileChange[];
      readonly concealed: boolean;
    }
  /** An operator can sign what they like, and name the size in the manifest. */
  | { readonly kind: "signed"; readonly which: number; readonly size: number; readonly isOther: boolean }
  | { readonly kind: "archive"; readonly changes: readonly FileChange[] }
  | { readonly kind: "restore"; readonly changes: readonly FileChange[] };

const few = fc.array(fileChange, { minLength: 1, maxLength: 3 });
const input: fc.Arbitrary<Input> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("export" as const),
      which: fc.nat(1),
      changes: few,
      concealed: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("signed" as const),
      which: fc.nat(1),
      size: fc.oneof(fc.constantFrom(...SIZES), fc.nat(1000)),
      isOther: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("archive" as const), changes: few }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restore" as const), changes: few }) },
);

/** Folders of exports, and archives of sealed events, that others have changed. */
export const exports = defineTarget<Input>(async ({ folder }) => {
  const made = await sealedEvidence(folder);
  const place = join(folder, "changed");
  const store = await openSealed(made.storeFile);
  const isClean = async (): Promise<boolean> => {
    await using archive = await openArchive(pathToFileURL(place).href, { access: "read" });
    const { findings } = await verifyStore(store, { keys: made.keys, archives: [archive] });
    return findings.length === 0;
  };
  for (const files of made.exports) {
    writeFiles(place, files);
    const report = await verifyExport(place, { keys: made.keys });
    if (!report.isComplete) throw new Error(`an export as it was written is not complete: ${shown(report)}`);
  }
  writeFiles(place, made.archive);
  if (!(await isClean())) throw new Error("an archive as it was written is not clean");

  async function verified(how: Extract<Input, { kind: "export" }>): Promise<void> {
    const before = made.exports[how.which] ?? new Map();
    const altered = how.changes.reduce(withChange, before);
    const after = how.concealed ? withManifest(altered) : altered;
    if (sameFiles(before, after)) return;
    writeFiles(place, after);
    const report = await verifyExport(place, { keys: made.keys });
    if (!report.isComplete) return;
    const paths = [...new Set([...before.keys(), ...after.keys()])].filter(
      (path) => !sameFiles(only(before, path), only(after, path)),
    );
    // With a new manifest, only what the tree commits to tells a change.
    if (how.concealed && paths.every((path) => UNBOUND.test(path))) return;
    throw new Error(`a changed export is complete: ${paths.join(", ")}`);
  }

  /** A signed tree that the export does not have. */
  async function forged({ which, size, isOther }: Extract<Input, { kind: "signed" }>): Promise<void> {
    const before = made.exports[which] ?? new Map();
    const root = new Uint8Array(32).fill(7);
    const name = isOther ? "example.com/other" : made.signer.name;
    const checkpoint = await signCheckpoint({ origin: made.signer.name, size, root }, [made.signer]);
    const manifest = Buffer.from(before.get("manifest.jsonl") ?? "").toString();
    const [first = "{}", ...others] = manifest.split("\n");
    const header = JSON.stringify({ ...(JSON.parse(first) as object), origin: name, size });
    writeFiles(
      place,
      withManifest(
        new Map(before)
          .set("checkpoint", Buffer.from(checkpoint))
          .set("manifest.jsonl", Buffer.from([header, ...others].join("\n"))),
      ),
    );
    const { isComplete } = await verifyExport(place, { keys: made.keys });
    if (isComplete) throw new Error("an export is complete with a checkpoint of another tree");
  }

  async function archived(list: readonly FileChange[]): Promise<void> {
    const after = list.reduce(withChange, made.archive);
    writeFiles(place, after);
    const clean = await isClean();
    if (clean && missesFile(after)) throw new Error("an archive that lacks a file, or has another, is clean");
  }

  /** The manifest of an archive that was written anew is not in the log: what it says of events is compared with the tree. */
  function missesFile(after: SealedEvidence["archive"]): boolean {
    const bound = [...made.archive.keys()].filter((path) => !path.startsWith("_manifests/"));
    return bound.some((path) => !sameFiles(only(made.archive, path), only(after, path)));
  }

  /** Whatever an archive has: its restore is refused, or the store is as it was sealed. */
  async function restored(list: readonly FileChange[]): Promise<void> {
    writeFiles(place, list.reduce(withChange, made.archive));
    const copy = join(folder, "copy.db");
    for (const end of ["", "-wal", "-shm"]) rmSync(`${copy}${end}`, { force: true });
    copyFileSync(made.storeFile, copy);
    await using target = await openSealed(copy);
    await using archive = await openArchive(pathToFileURL(place).href, { access: "read" });
    await answered("restore", () => restoreArchive(archive, target, { evidence: restoreAnnouncer(target) }));
    await createSealer(target, { key: made.signer }).sealOnce();
    const { findings } = await verifyStore(target, { keys: made.keys });
    if (findings.length > 0)
      throw new Error(`a restore left a store that does not verify: ${JSON.stringify(findings[0])}`);
  }

  return {
    input,
    async enter(how) {
      await answered(how.kind, () => {
        if (how.kind === "export") return verified(how);
        if (how.kind === "signed") return forged(how);
        return how.kind === "archive" ? archived(how.changes) : restored(how.changes);
      });
    },
    close: () => store.close(),
  };
});

function only(files: SealedEvidence["archive"], path: string): SealedEvidence["archive"] {
  const bytes = files.get(path);
  return new Map(bytes === undefined ? [] : [[path, bytes]]);
}

function shown({ findings, unchecked }: ExportReport): string {
  return JSON.stringify([...findings.slice(0, 3), ...unchecked]);
}
