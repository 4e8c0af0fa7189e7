import { erasureEvidence, type KeyPairSigner, type Sealer, type StoreErasureEvidence } from "@agent-assembly/evidence";
import { erasableArchives } from "@agent-assembly/retention";
import { type LoadedConfig, retentionSettings } from "@agent-assembly/storage";
import {
  type ErasableArchive,
  type ErasurePlan,
  type ErasureRequest,
  isStorageError,
  type StorageBackend,
} from "@agent-assembly/storage-core";
import { type FilterOptions, toFilter } from "../../../args/filter.js";
import { actorName, parseArchiveUrl, parseList, parseText } from "../../../args/values.js";
import type { Context } from "../../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../../exit.js";
import { reportError } from "../../../report-error.js";
import { eventsText } from "../../../terminal/format.js";
import { formatJson } from "../../../terminal/json.js";
import { Progress } from "../../../terminal/progress.js";
import { archiveOpener } from "../../retention/open-archive.js";
import { signingKey } from "../keys/signing-key.js";
import { sealerOf } from "../seal.js";
import { type Certificate, CertificateFile, certificateOf } from "./certificate.js";
import { renderErased, renderErasurePlan } from "./view-erasure.js";

interface EraseOptions extends FilterOptions {
  readonly parts?: readonly string[];
  readonly request: string;
  readonly basis: string;
  readonly actor?: string;
  readonly plan?: boolean;
  readonly archive?: readonly string[];
  readonly rewrite?: boolean;
  readonly certificate?: string;
  readonly key?: string;
  readonly yes?: boolean;
}

/** What the command works with, once the store is open. */
interface Erasing {
  readonly storage: StorageBackend;
  readonly request: ErasureRequest;
  readonly archives: readonly ErasableArchive[];
  readonly evidence: StatedErasure | undefined;
}

/** What states an erasure in the log of the store. */
interface StatedErasure {
  readonly sealer: Sealer;
  readonly evidence: StoreErasureEvidence;
}

export async function evidenceErase(context: Context, options: EraseOptions): Promise<ExitCode> {
  const request = requestOf(context, options);
  const urls = (options.archive ?? []).map((url) => parseArchiveUrl("--archive", url));
  const isPlan = options.plan === true;
  if (isPlan && options.certificate !== undefined)
    throw new UsageError("--certificate is for what was erased, not for --plan");
  if (!isPlan && options.yes !== true && !context.interactive) {
    throw new UsageError(
      "there is no terminal to ask on; add --yes to erase without a question, or --plan to see what would be erased",
    );
  }
  const key = isPlan ? undefined : await signingKey(context, options);
  return context.withStorage(
    async (storage, loaded) => {
      const evidence = await evidenceFor(context, storage, key);
      const archives = await archivesOf(storage, loaded, urls, evidence);
      const erasing = { storage, request, archives, evidence };
      const plan = await storage.planErasure(request, { archives, signal: context.signal });
      if (isPlan || plan.refusals.length > 0) {
        await showPlan(context, plan, request, isPlan);
        return plan.refusals.length > 0 ? EXIT.problem : EXIT.ok;
      }
      if (!(await agreed(context, plan, erasing, options.yes === true))) {
        await context.out.line("Nothing was changed.");
        return EXIT.ok;
      }
      return carryOut(context, erasing, plan, options);
    },
    { writes: !isPlan, endsBetweenSteps: !isPlan },
  );
}

/** @throws UsageError */
function requestOf(context: Context, options: EraseOptions): ErasureRequest {
  const filter = toFilter(options, context.now());
  if (Object.keys(filter).length === 0) {
    throw new UsageError("name the events with at least one filter option, such as --session, --agent or --event-id");
  }
  const parts = (options.parts ?? []).flatMap((text) => parseList("--parts", text));
  if (parts.length === 0) {
    throw new UsageError("--parts is missing; name what is to be erased, such as --parts payload:/arguments,sessionId");
  }
  return {
    filter,
    parts,
    request: parseText("--request", options.request, "what names the request"),
    basis: parseText("--basis", options.basis, "the legal basis"),
    actor: actorName(options.actor),
  };
}

/** What states the erasure in the log; `undefined` where events are not sealed. */
async function evidenceFor(
  context: Context,
  storage: StorageBackend,
  key: KeyPairSigner | undefined,
): Promise<StatedErasure | undefined> {
  if ((await storage.evidenceSupport?.log()) === undefined) return undefined;
  const sealer = sealerOf(context, storage, key, {});
  return { sealer, evidence: erasureEvidence(storage, { sealer }) };
}

function archivesOf(
  storage: StorageBackend,
  { config }: LoadedConfig,
  urls: readonly string[],
  stated: StatedErasure | undefined,
): Promise<ErasableArchive[]> {
  const { policy, s3 } = retentionSettings(config);
  const configured = policy.archiveUrl === undefined ? [] : [policy.archiveUrl];
  return erasableArchives(storage, {
    openArchive: archiveOpener(s3),
    urls: [...configured, ...urls],
    evidence: stated?.evidence,
  });
}

async function showPlan(
  context: Context,
  plan: ErasurePlan,
  { request, basis }: ErasureRequest,
  isPlan: boolean,
): Promise<void> {
  if (context.json) await context.out.line(formatJson({ request, basis, ...plan }));
  else await context.out.write(renderErasurePlan(plan, { request, basis, isPlan }, context.style));
}

async function agreed(context: Context, plan: ErasurePlan, { request }: Erasing, yes: boolean): Promise<boolean> {
  if (!context.json) {
    await context.out.write(renderErasurePlan(plan, { ...request, isPlan: false }, context.style));
  }
  const archived = plan.archived.reduce((sum, { events }) => sum + events, 0);
  if (yes || plan.events + archived === 0) return true;
  const where = archived === 0 ? "" : ` and of ${eventsText(archived)} in archives`;
  return context.confirm(`Erase ${request.parts.join(", ")} of ${eventsText(plan.events)}${where} for good?`);
}

async function carryOut(
  context: Context,
  { storage, request, archives, evidence }: Erasing,
  plan: ErasurePlan,
  options: EraseOptions,
): Promise<ExitCode> {
  const path = options.certificate === undefined ? undefined : context.resolvePath(options.certificate);
  await using file = path === undefined ? undefined : await CertificateFile.create(path);
  const progress = new Progress(context.err, context.showProgress, "erasing");
  let certificate: Certificate;
  try {
    const result = await storage.erase(request, {
      archives,
      signal: context.signal,
      rewrite: options.rewrite === true,
      evidence: evidence?.evidence,
      onProgress: ({ step, events }) => {
        progress.update(events, plan.events, `${step} ${eventsText(events)}`).catch(() => undefined);
      },
    });
    await sign(context, evidence?.sealer);
    certificate = await certificateOf(storage, result);
  } finally {
    await progress.finish();
  }
  await file?.write(certificate);
  if (context.json) await context.out.line(formatJson(certificate));
  else await context.out.write(renderErased(certificate, path, context.style));
  return EXIT.ok;
}

/** What was erased stays erased, and its certificate is given, also where nothing can be signed. */
async function sign(context: Context, sealer: Sealer | undefined): Promise<void> {
  try {
    await sealer?.sealOnce();
  } catch (error) {
    if (!isStorageError(error)) throw error;
    const { text } = reportError(error, { json: context.json, debug: context.global.debug === true });
    await context.err.write(text);
  }
}
