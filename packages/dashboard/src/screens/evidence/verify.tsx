import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Panel } from "../../parts/panel.js";
import { Empty, Loaded, Problem } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { say } from "../../parts/toast.js";
import { Ago, Fields } from "../../parts/values.js";
import { type ApiError, get, write } from "../../server/client.js";
import { asApiError, useResource } from "../../server/resource.js";
import { may } from "../../server/session.js";
import type { PageOf } from "../../server/wire.js";
import type { Verification } from "../../server/wire-evidence.js";
import { count, fullTime } from "../../text/format.js";
import { visible } from "../../text/visible.js";
import { linkTo } from "../../url/location.js";
import { iso, range, zone } from "../../url/range.js";

const EVERY_MS = 1000;
const PATH = "evidence/verifications";

/** Verifies the store, the range of the page or all of it, and shows what the last verification found. */
export function Verify(): JSX.Element {
  const running = useSignal<string | undefined>(undefined);
  const problem = useSignal<ApiError | undefined>(undefined);
  const known = useResource(PATH, (signal) => get<PageOf<Verification>>(PATH, {}, signal), {
    ...(running.value !== undefined && { everyMs: EVERY_MS }),
  });
  const newest = known.data.value?.items[0];
  useEffect(() => {
    if (newest === undefined) return;
    if (newest.state === "running") running.value = newest.id;
    else if (running.value === newest.id) {
      running.value = undefined;
      say(`Verification ended: ${verdictText(newest)}`);
    }
  }, [newest]);
  const ask = async (what: () => Promise<unknown>): Promise<void> => {
    problem.value = undefined;
    try {
      await what();
    } catch (error) {
      problem.value = asApiError(error);
    }
    known.reload();
  };
  const start = (body: object): void => {
    if (running.value !== undefined) return;
    void ask(async () => {
      running.value = (await write<Verification>(PATH, { body })).id;
      say("Verification begun");
    });
  };
  const { from, to } = range.value;
  const between = { from: iso(from), to: iso(to) };
  const isBusy = { "aria-disabled": running.value !== undefined };
  return (
    <Panel title="Verify">
      {may("admin") && (
        <div class="verify-actions">
          <button type="button" title={rangeText(between)} {...isBusy} onClick={() => start(between)}>
            Verify this range
          </button>
          <button type="button" {...isBusy} onClick={() => start({})}>
            Verify all
          </button>
        </div>
      )}
      {problem.value !== undefined && <Problem error={problem.value} />}
      <Loaded from={known}>
        {({ items }) => (
          <>
            {items[0] === undefined ? (
              <Empty command="aasm evidence verify">Nothing was verified yet. In a terminal:</Empty>
            ) : (
              <Newest
                verification={items[0]}
                onCancel={(id) => void ask(() => write(`${PATH}/${id}`, { method: "DELETE" }))}
              />
            )}
            {items.length > 1 && <Earlier items={items.slice(1)} />}
          </>
        )}
      </Loaded>
      <Empty command={`aasm evidence export --from ${between.from} --to ${between.to} --out evidence`}>
        An auditor need not trust this page: the export of this range is verified elsewhere. In a terminal:
      </Empty>
    </Panel>
  );
}

function Newest({
  verification,
  onCancel,
}: {
  readonly verification: Verification;
  readonly onCancel: (id: string) => void;
}): JSX.Element {
  const { id, state, progress, counts, findings, findingCount, unchecked, notAsked, keysFromLog } = verification;
  if (state === "running") {
    return (
      <div class="verify-progress">
        <progress aria-label="Verification" max={Math.max(1, progress.of)} value={progress.leaves} />
        <span>
          {count(progress.leaves)} of {count(progress.of)} leaves
        </span>
        {may("admin") && (
          <button type="button" class="link" onClick={() => onCancel(id)}>
            cancel
          </button>
        )}
        <p class="none">{rangeText(verification)}</p>
      </div>
    );
  }
  return (
    <>
      <Fields
        of={[
          ["verdict", <Verdict of={verification} />],
          ["range", rangeText(verification)],
          ["ended", verification.endedAt === undefined ? "–" : <Ago at={verification.endedAt} />],
          ["by", visible(verification.actor)],
          counts === undefined
            ? undefined
            : [
                "looked at",
                `${count(counts.events)} events in ${count(counts.leaves - counts.passed)} of ${count(counts.leaves)} leaves; ${count(counts.dropped)} dropped, ${count(counts.erased)} erased`,
              ],
          unchecked.length === 0 ? undefined : ["not checked", visible(unchecked.join("; "))],
          keysFromLog ? ["keys", "those that the log names itself"] : undefined,
          notAsked.length === 0 ? undefined : ["not asked", visible(notAsked.join(", "))],
        ]}
      />
      {findings.length > 0 && (
        <div class="verify-findings">
          <Table
            label={findingCount > findings.length ? `The first ${findings.length} findings` : "Findings"}
            items={findings}
            keyOf={(finding) => `${finding.code} ${finding.leaf} ${finding.eventId} ${finding.detail}`}
            empty="none"
            columns={[
              { name: "Finding", cell: ({ code }) => visible(code) },
              { name: "Leaf", kind: "number", cell: ({ leaf }) => (leaf === undefined ? "–" : count(leaf)) },
              {
                name: "Event",
                kind: "extra",
                cell: ({ eventId }) =>
                  eventId === undefined ? (
                    "–"
                  ) : (
                    <a href={linkTo("events", { eventId, range: "90d" })}>{visible(eventId.slice(-8))}</a>
                  ),
              },
              { name: "What", kind: "wide", cell: ({ detail }) => visible(detail) },
            ]}
          />
        </div>
      )}
    </>
  );
}

function Earlier({ items }: { readonly items: readonly Verification[] }): JSX.Element {
  return (
    <details>
      <summary>Earlier ones</summary>
      <Table
        label="Earlier verifications"
        items={items}
        keyOf={({ id }) => id}
        empty="none"
        columns={[
          { name: "Began", cell: ({ startedAt }) => <Ago at={startedAt} /> },
          { name: "Verdict", cell: (one) => <Verdict of={one} /> },
          { name: "Range", kind: "wide", cell: (one) => rangeText(one) },
        ]}
      />
    </details>
  );
}

/** A word and a sign, so that it is not told by colour alone. */
function Verdict({ of }: { readonly of: Verification }): JSX.Element {
  const sign = of.verdict === "clean" ? "✓" : of.verdict === "findings" ? "✗" : "?";
  return (
    <span class={`verdict ${of.verdict ?? ""}`}>
      <span aria-hidden="true">{sign}</span> {verdictText(of)}
    </span>
  );
}

function verdictText({ state, verdict, findingCount }: Verification): string {
  if (state === "cancelled") return "cancelled, not checked";
  if (verdict === "findings") return findingCount === 1 ? "1 finding" : `${count(findingCount)} findings`;
  return verdict === "clean" ? "clean" : "could not be checked";
}

function rangeText({ from, to }: Pick<Verification, "from" | "to">): string {
  const time = (at: string): string => fullTime(Date.parse(at), zone.value);
  if (from === undefined && to === undefined) return "all";
  if (to === undefined) return `from ${time(from as string)}`;
  return from === undefined ? `before ${time(to)}` : `${time(from)} to ${time(to)}`;
}
