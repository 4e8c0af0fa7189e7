import type { JSX } from "preact";
import { CopyAs } from "../../parts/copy-as.js";
import { Empty, Loaded } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { None } from "../../parts/values.js";
import { get } from "../../server/client.js";
import { useResource } from "../../server/resource.js";
import type { PageOf, PolicyName } from "../../server/wire.js";
import { visible } from "../../text/visible.js";
import { asCurl } from "../../url/copy-as.js";
import { linkTo, param } from "../../url/location.js";
import { PolicyPage } from "./policy-page.js";

/** The policies by name, or one of them with its versions. */
export default function Policies(): JSX.Element {
  const policies = useResource("policies", (signal) => get<PageOf<PolicyName>>("policies", {}, signal));
  const name = param("name");
  const found = policies.data.value?.items.find((one) => one.name === name);
  if (found !== undefined) return <PolicyPage key={name} policy={found} onChange={policies.reload} />;
  return (
    <div class="screen">
      <div class="screen-head">
        <span class="spacer" />
        <CopyAs curl={asCurl("policies")} aasm="aasm policy list" />
      </div>
      <Loaded from={policies}>
        {({ items }) => (
          <Table
            label="Policies"
            items={items}
            keyOf={(policy) => policy.name}
            empty={<Empty command="aasm policy save policy.yaml">No policy is saved. Save one with</Empty>}
            columns={[
              {
                name: "Name",
                kind: "wide",
                cell: (policy) => <a href={linkTo("policies", { name: policy.name })}>{visible(policy.name)}</a>,
              },
              {
                name: "Active",
                kind: "number",
                cell: ({ active }) => (active === null ? <None /> : `version ${active}`),
              },
              { name: "Latest", kind: "number", cell: ({ latest }) => `version ${latest}` },
            ]}
          />
        )}
      </Loaded>
    </div>
  );
}
