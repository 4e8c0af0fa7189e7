import type { ComponentChildren, JSX } from "preact";
import { Panel } from "../../parts/panel.js";
import { Loaded } from "../../parts/states.js";
import { Ago, Fields } from "../../parts/values.js";
import { get } from "../../server/client.js";
import { useResource } from "../../server/resource.js";
import { may } from "../../server/session.js";
import type { PageOf } from "../../server/wire.js";
import type { Archive, Doctor, EvidenceStatus, Partition } from "../../server/wire-store.js";
import { bytes, count, duration, plural } from "../../text/format.js";
import { visible } from "../../text/visible.js";
import { linkTo } from "../../url/location.js";

const DAY_MS = 86_400_000;

/** How the store is: its size, its evidence, what needs attention. */
export function StoreLines(): JSX.Element {
  const doctor = useResource("doctor", (signal) => get<Doctor>("doctor", {}, signal));
  const partitions = useResource("partitions", (signal) => get<PageOf<Partition>>("retention/partitions", {}, signal));
  const archives = useResource(may("admin") ? "archives" : undefined, (signal) =>
    get<PageOf<Archive>>("archives", {}, signal),
  );
  const evidence = useResource("evidence", (signal) => get<EvidenceStatus>("evidence/status", {}, signal));
  const details = doctor.data.value?.health.details;
  const found = partitions.data.value?.items ?? [];
  const free = Number(details?.diskFreeBytes ?? Number.NaN);
  return (
    <>
      <Panel title="Store">
        <Loaded from={partitions}>
          {({ items }) => (
            <Fields
              of={[
                ["hot", <Tier key="hot" of={items.filter(({ tier }) => tier === "hot")} />],
                ["warm", <Tier key="warm" of={items.filter(({ tier }) => tier === "warm")} />],
                archives.data.value === undefined
                  ? undefined
                  : ["archived", <Tier key="archived" of={archives.data.value.items} />],
                Number.isNaN(free) ? undefined : ["disk free", `${bytes(free)}${untilFull(found, free)}`],
                ["evidence", <EvidenceLine key="evidence" status={evidence.data.value} />],
              ]}
            />
          )}
        </Loaded>
      </Panel>
      <Panel title="Needs attention">
        <Loaded from={doctor}>
          {({ findings: all }) => {
            const findings = all.filter(({ severity }) => severity !== "note");
            const notes = all.filter(({ severity }) => severity === "note");
            return (
              <>
                <ul class="findings">
                  {findings.map(({ code, severity, message, remedy }) => (
                    <li key={code + message} class={severity}>
                      <strong>{severity}</strong> {visible(message)}
                      {remedy !== undefined && <span class="none"> {visible(remedy)}</span>}
                    </li>
                  ))}
                  {findings.length === 0 && <li class="none">nothing</li>}
                </ul>
                {notes.length > 0 && (
                  <details>
                    <summary>{plural(notes.length, "note")}</summary>
                    <ul class="findings">
                      {notes.map(({ code, message }) => (
                        <li key={code + message} class="none">
                          {visible(message)}
                        </li>
                      ))}
                    </ul>
                  </details>
                )}
              </>
            );
          }}
        </Loaded>
      </Panel>
    </>
  );
}

function Tier({
  of,
}: {
  readonly of: readonly { readonly rows: number; readonly bytes: number }[];
}): ComponentChildren {
  if (of.length === 0) return <span class="none">none</span>;
  const sum = (key: "rows" | "bytes"): number => of.reduce((total, one) => total + one[key], 0);
  return (
    <a href={linkTo("retention")}>
      {bytes(sum("bytes"))} · {count(sum("rows"))} rows
    </a>
  );
}

/** How long the free space lasts at the rate of the stored days. */
function untilFull(partitions: readonly Partition[], free: number): string {
  const spans = partitions.map(({ from, to }) => [Date.parse(from), Date.parse(to)] as const);
  const days = (Math.max(...spans.map(([, to]) => to)) - Math.min(...spans.map(([from]) => from))) / DAY_MS;
  const perDay = partitions.reduce((sum, one) => sum + one.bytes, 0) / days;
  const left = free / perDay;
  if (!Number.isFinite(left) || left > 3650) return "";
  return `, full in ${plural(Math.floor(left), "day")}`;
}

function EvidenceLine({ status }: { readonly status: EvidenceStatus | undefined }): ComponentChildren {
  if (status === undefined) return <span class="none">…</span>;
  if (!status.sealed) return <a href={linkTo("evidence")}>not sealed</a>;
  const { lagMs = 0, size = 0, checkpoint } = status;
  return (
    <a href={linkTo("evidence")}>
      {count(size)} sealed{lagMs > 0 && `, lag ${duration(lagMs)}`}
      {checkpoint != null && (
        <>
          , signed <Ago at={checkpoint.at} />
        </>
      )}
    </a>
  );
}
