import type { JSX } from "preact";
import { Loaded } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { Ago } from "../../parts/values.js";
import { get } from "../../server/client.js";
import { useResource } from "../../server/resource.js";
import type { PageOf } from "../../server/wire.js";
import type { RetentionRun } from "../../server/wire-store.js";
import { bytes, count, duration } from "../../text/format.js";
import { visible } from "../../text/visible.js";

const SHOWN = 20;

/** The newest retention runs. */
export function Runs(): JSX.Element {
  const runs = useResource("runs", (signal) => get<PageOf<RetentionRun>>("retention/runs", { limit: SHOWN }, signal));
  return (
    <Loaded from={runs}>
      {({ items }) => (
        <Table
          label="Runs"
          items={items}
          keyOf={({ runId }) => runId}
          empty="No run so far."
          columns={[
            { name: "Started", cell: ({ startedAt }) => <Ago at={startedAt} /> },
            { name: "Outcome", cell: ({ outcome }) => <span class={`outcome ${outcome}`}>{outcome}</span> },
            {
              name: "Took",
              kind: "extra",
              cell: ({ startedAt, finishedAt }) =>
                finishedAt === undefined ? "" : duration(Date.parse(finishedAt) - Date.parse(startedAt)),
            },
            { name: "Rows", kind: "number", cell: ({ rows }) => count(rows) },
            { name: "Size", kind: "number", cell: (run) => bytes(run.bytes) },
            { name: "Detail", kind: "wide", cell: ({ detail }) => visible(detail) },
          ]}
        />
      )}
    </Loaded>
  );
}
