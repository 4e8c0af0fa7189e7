import { checkAnchors, fileAnchor, findingText, newestCheckpoint } from "@agent-assembly/evidence";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { formatCount } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { checking } from "./checking.js";
import { anchorCheckpoint, requireStoreLog, treeOf } from "./store-log.js";

/** The anchor is compared first: the checkpoint of a log that it contradicts is not brought there. */
export async function evidenceAnchor(context: Context, options: { readonly file: string }): Promise<ExitCode> {
  const anchor = fileAnchor(context.resolvePath(options.file));
  return checking(context, () =>
    context.changeStorage(async (storage) => {
      const at = await requireStoreLog(storage);
      const checkpoint = await newestCheckpoint(at.support, at.log.log);
      const tree = await treeOf(storage, at);
      const { findings, unchecked } = await checkAnchors(at.log, [anchor], { tree });
      const isHeld = findings.length === 0 && unchecked.length === 0;
      if (isHeld) await anchorCheckpoint(storage, anchor, checkpoint);
      const document = {
        kind: anchor.kind,
        where: anchor.where,
        size: isHeld ? checkpoint.size : null,
        findings,
        unchecked,
      };
      const lines = [
        ...findings.map(findingText),
        ...unchecked.map((what) => `could not check: ${what}`),
        ...(isHeld
          ? [`The file anchor ${anchor.where} has the checkpoint of ${formatCount(checkpoint.size)} leaves.`]
          : []),
      ];
      if (context.json) await context.out.line(formatJson(document));
      else await context.out.write(lines.map((line) => `${escapeText(line)}\n`).join(""));
      if (findings.length > 0) return EXIT.problem;
      return unchecked.length === 0 ? EXIT.ok : EXIT.unchecked;
    }),
  );
}
