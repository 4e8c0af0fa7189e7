import type { ComponentChildren, JSX } from "preact";
import { Loaded } from "../../parts/states.js";
import { Ago, Fields } from "../../parts/values.js";
import { apiUrl, get } from "../../server/client.js";
import { useResource } from "../../server/resource.js";
import type { EventEvidence as Evidence } from "../../server/wire-evidence.js";
import { count } from "../../text/format.js";
import { visible } from "../../text/visible.js";

const WORDS: Readonly<Record<Evidence["state"], string>> = {
  not_sealed: "events of this store are not sealed",
  waiting: "not sealed yet",
  unsigned: "sealed, under no signed checkpoint yet",
  proven: "sealed and signed",
  unproven: "sealed and signed; this gateway may not read what a proof needs",
  not_as_sealed: "not what was sealed",
};

/**
 * What the log has of one event, and its proof as a file.
 * @param path of the event in the API
 */
export function EventEvidence({ path, eventId }: { readonly path: string; readonly eventId: string }): JSX.Element {
  const evidence = useResource(path, (signal) => get<Evidence>(`${path}/evidence`, {}, signal));
  return (
    <section aria-label="Evidence of the event">
      <header class="section-head">
        <h3>Evidence</h3>
      </header>
      <Loaded from={evidence}>
        {(found) => (
          <>
            <Fields of={fieldsOf(found)} />
            {found.state === "proven" && (
              <a class="button" href={apiUrl(`${path}/evidence/proof`)} download={`${eventId}.tlog-proof`}>
                Download proof
              </a>
            )}
          </>
        )}
      </Loaded>
    </section>
  );
}

function fieldsOf(found: Evidence): readonly (readonly [string, ComponentChildren] | undefined)[] {
  const isWrong = found.state === "not_as_sealed";
  return [
    ["state", <span class={isWrong ? "verdict findings" : undefined}>{WORDS[found.state]}</span>],
    isWrong ? ["found", visible(found.detail)] : undefined,
    "leaf" in found && found.leaf !== undefined ? ["leaf", count(found.leaf)] : undefined,
    "size" in found
      ? [
          "checkpoint",
          <>
            {count(found.size)} leaves, <Ago at={found.signedAt} />
          </>,
        ]
      : undefined,
    found.state === "proven" && found.erasedParts > 0 ? ["erased parts", count(found.erasedParts)] : undefined,
  ];
}
