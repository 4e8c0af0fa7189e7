import { erasureEvidence, type KeyPairSigner } from "@agent-assembly/evidence";
import { erasableArchives } from "@agent-assembly/retention";
import { type LoadedConfig, retentionSettings } from "@agent-assembly/storage";
import type { ErasableArchive, ErasurePlan, ErasureRequest, StorageBackend } from "@agent-assembly/storage-core";
import { type FilterOptions, toFilter } from "../../args/filter.js";
import { actorName, parseArchiveUrl, parseList, parseText } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { eventsText } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { Progress } from "../../terminal/progress.js";
import { archiveOpener } from "../retention/open-archive.js";
import { type Certificate, CertificateFile, certificateOf } from "./certificate.js";
import { sealerOf } from "./seal.js";
import { signingKey } from "./signing-key.js";
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
}

export async function evidenceErase(context: Context, options: EraseOptions): Promise<ExitCode> {
  const request = requestOf(context, options);
  const urls = (options.archive ?? []).map((url) => parseArchiveUrl("--archive", url));
  const isPlan = options.plan === true;
  if (isPlan && options.certificate !== undefined) throw new UsageError("--certificate is for what was erased, not for --plan");
  if (!isPlan && options.yes !== true && !context.interactive) {
    throw new UsageError(
      "there is no terminal to ask on; add --yes to erase without a question, or --plan to see what would be erased",
    );
  }
  const key = isPlan ? undefined : await signingKey(context, options);
  return context.withStorage(
    async (storage, loaded) => {
      const archives = await archivesOf(storage, loaded, urls);
      const erasing = { storage, request, archives };
      const plan = await storage.planErasure(request, { archives, signal: context.signal });
      if (isPlan || plan.refusals.length > 0) {
        await showPlan(context, plan, request, isPlan);
        return plan.refusals.length > 0 ? EXIT.problem : EXIT.ok;
      }
      if (!(await agreed(context, plan, erasing, options.yes === true))) {
        await context.out.line("Nothing was changed.");
        return EXIT.ok;
      }
      return carryOut(context, erasing, plan, options, key);
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

function archivesOf(storage: StorageBackend, { config }: LoadedConfig, urls: readonly string[]): Promise<ErasableArchive[]> {
  const { policy, s3 } = retentionSettings(config);
  const configured = policy.archiveUrl === undefined ? [] : [policy.archiveUrl];
  return erasableArchives(storage, { openArchive: archiveOpener(s3), urls: [...configured, ...urls] });
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
  { storage, request, archives }: Erasing,
  plan: ErasurePlan,
  options: EraseOptions,
  key: KeyPairSigner | undefined,
): Promise<ExitCode> {
  const path = options.certificate === undefined ? undefined : context.resolvePath(options.certificate);
  await using file = path === undefined ? undefined : await CertificateFile.create(path);
  const sealer = plan.sealed ? sealerOf(context, storage, key, {}) : undefined;
  const progress = new Progress(context.err, context.showProgress, "erasing");
  let certificate: Certificate;
  try {
    const result = await storage.erase(request, {
      archives,
      signal: context.signal,
      rewrite: options.rewrite === true,
      ...(sealer !== undefined && { evidence: erasureEvidence(storage, { sealer }) }),
      onProgress: ({ step, events }) => {
        progress.update(events, plan.events, `${step} ${eventsText(events)}`).catch(() => undefined);
      },
    });
    if (sealer !== undefined && result.statements.length > 0) await sealer.sealOnce();
    certificate = await certificateOf(storage, result);
  } finally {
    await progress.finish();
  }
  await file?.write(certificate);
  if (context.json) await context.out.line(formatJson(certificate));
  else await context.out.write(renderErased(certificate, path, context.style));
  return EXIT.ok;
}
