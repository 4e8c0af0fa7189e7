import type { JSX } from "preact";
import { CopyAs } from "../../parts/copy-as.js";
import { Panel } from "../../parts/panel.js";
import { Empty, Loaded } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { None } from "../../parts/values.js";
import { get } from "../../server/client.js";
import { useResource } from "../../server/resource.js";
import { may } from "../../server/session.js";
import type { PageOf } from "../../server/wire.js";
import type { Archive, LegalHold, Partition, RetentionPlan, RetentionPolicyDocument } from "../../server/wire-store.js";
import { bytes, count, fullTime, plural } from "../../text/format.js";
import { visible } from "../../text/visible.js";
import { asCurl } from "../../url/copy-as.js";
import { zone } from "../../url/range.js";
import { Holds } from "./holds.js";
import { Runs } from "./runs.js";
import { TierBar } from "./tier-bar.js";

/** How long data is kept, what leaves next, and what is held. */
export default function Retention(): JSX.Element {
  const partitions = useResource("partitions", (signal) => get<PageOf<Partition>>("retention/partitions", {}, signal));
  const plan = useResource("plan", (signal) => get<RetentionPlan>("retention/plan", {}, signal));
  const archives = useResource("archives", (signal) => get<PageOf<Archive>>("archives", {}, signal));
  const holds = useResource("holds", (signal) => get<PageOf<LegalHold>>("retention/holds", { released: true }, signal));
  const policy = useResource(may("admin") ? "policy" : undefined, (signal) =>
    get<RetentionPolicyDocument>("admin/retention-policy", {}, signal),
  );
  const inForce = (holds.data.value?.items ?? []).filter(({ state }) => state === "in_force");
  return (
    <div class="screen">
      <div class="screen-head">
        <PolicyLine plan={plan.data.value} schedule={policy.data.value?.schedule} />
        <span class="spacer" />
        <CopyAs curl={asCurl("retention/plan")} aasm="aasm retention plan" />
      </div>
      <Loaded from={partitions}>
        {({ items }) =>
          items.length === 0 && (archives.data.value?.items.length ?? 0) === 0 ? (
            <Empty command="aasm demo">Nothing is stored yet. Events to look at are made by</Empty>
          ) : (
            <TierBar partitions={items} archives={archives.data.value?.items ?? []} holds={inForce} />
          )
        }
      </Loaded>
      <div class="panels">
        <Panel title="What a run would do now">
          <Loaded from={plan}>{(data) => <Plan plan={data} />}</Loaded>
        </Panel>
        <Panel title="Last runs">
          <Runs />
        </Panel>
        <Holds holds={holds} onChange={plan.reload} />
        <Panel title="Archives">
          <Loaded from={archives}>
            {({ items }) => (
              <Table
                label="Archives"
                items={items}
                keyOf={({ archiveId }) => archiveId}
                empty="none"
                columns={[
                  { name: "Partition", cell: ({ partitionId }) => visible(partitionId) },
                  { name: "State", cell: ({ state }) => <span title={STATES[state]}>{state}</span> },
                  { name: "Rows", kind: "number", cell: ({ rows }) => count(rows) },
                  { name: "Size", kind: "number", cell: (archive) => bytes(archive.bytes) },
                  { name: "Where", kind: "wide", cell: ({ url }) => visible(url) },
                ]}
              />
            )}
          </Loaded>
        </Panel>
      </div>
    </div>
  );
}

const STATES = {
  writing: "Not complete yet",
  verified: "Read back and compared; its rows are in the store, too",
  dropped: "Read back and compared; its rows are in the archive only",
} as const;

function PolicyLine({
  plan,
  schedule,
}: {
  readonly plan: RetentionPlan | undefined;
  readonly schedule: string | undefined;
}): JSX.Element {
  if (plan === undefined) return <span />;
  const { hotDays, rules } = plan.policy.audit;
  const parts = rules.map(({ name, warmDays, coldAction }) =>
    warmDays === undefined ? `${name}: kept for good` : `${name}: ${coldAction} after ${plural(warmDays, "day")}`,
  );
  return (
    <p class="lead">
      Hot for {plural(hotDays, "day")}; {visible(parts.join("; "))}
      {schedule !== undefined && (
        <span class="none">
          {" "}
          · schedule <code>{visible(schedule)}</code>
        </span>
      )}
    </p>
  );
}

const ROWS_SHOWN = 50;

function Plan({ plan }: { readonly plan: RetentionPlan }): JSX.Element {
  const { items, kept } = plan;
  return (
    <>
      <Table
        label="Planned actions"
        items={items.slice(0, ROWS_SHOWN)}
        keyOf={({ id }) => id}
        empty="Nothing: no part is old enough."
        columns={[
          { name: "Action", cell: ({ action }) => action },
          { name: "Partition", cell: ({ partition }) => visible(partition.id) },
          { name: "Rows", kind: "number", cell: ({ rows }) => count(rows) },
          { name: "Size", kind: "number", cell: (item) => bytes(item.bytes) },
          { name: "Why", kind: "wide", cell: ({ reason }) => visible(reason) },
        ]}
      />
      {kept.length > 0 && (
        <details>
          <summary>{plural(kept.length, "part")} stay</summary>
          <Table
            label="Kept parts"
            items={kept.slice(0, ROWS_SHOWN)}
            keyOf={({ partition, reason }) => `${partition.dataset} ${partition.id} ${reason}`}
            empty="none"
            columns={[
              { name: "Partition", cell: ({ partition }) => visible(partition.id) },
              { name: "Rows", kind: "number", cell: ({ rows }) => count(rows) },
              { name: "Why", kind: "wide", cell: ({ reason }) => visible(reason) },
              {
                name: "Until",
                cell: ({ until }) =>
                  until === undefined ? <None /> : fullTime(Date.parse(until), zone.value).slice(0, 10),
              },
            ]}
          />
          {kept.length > ROWS_SHOWN && <p class="none">The first {ROWS_SHOWN}.</p>}
        </details>
      )}
    </>
  );
}
