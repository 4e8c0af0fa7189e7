import type { MetricTop, MetricTopRequest } from "@agent-assembly/storage-core";
import { csvRecord } from "../../terminal/csv.js";
import { formatCount } from "../../terminal/format.js";
import { sparkline } from "../../terminal/plot/sparkline.js";
import type { Style } from "../../terminal/style.js";
import { renderTable } from "../../terminal/table.js";
import { dimensionTitle } from "./dimensions.js";
import { formatValue, titleWithUnit, withUnit } from "./values.js";

export interface TopViewOptions {
  readonly width: number | undefined;
  readonly style: Style;
  readonly unicode: boolean;
}

type Request = MetricTopRequest & { readonly by: readonly string[] };

type Ranked = MetricTop["rows"][number] & { readonly rank: number };

/** The greatest groups with their share and course, and the total of all groups. */
export function renderTop(top: MetricTop, request: Request, { width, style, unicode }: TopViewOptions): string {
  const table = renderTable<Ranked>(
    top.rows.map((row, index) => ({ ...row, rank: index + 1 })),
    [
      { title: "#", value: ({ rank }) => String(rank), align: "right", fixed: true },
      ...request.by.map((name) => ({
        title: dimensionTitle(name),
        value: ({ key }: Ranked) => key[name] ?? "-",
      })),
      {
        title: titleWithUnit("VALUE", top.unit),
        value: ({ value, exact }) => formatValue(value, exact),
        align: "right",
        fixed: true,
      },
      { title: "SHARE", value: ({ share }) => percent(share), align: "right", fixed: true },
      {
        title: "TREND",
        value: ({ points }) =>
          points &&
          sparkline(
            points.map(({ value }) => value),
            unicode,
          ),
        fixed: true,
        style: () => style.cyan,
      },
    ],
    width,
    style,
  );
  return `${table}${totalLine(top)}\n`;
}

function totalLine({ rows, groups, total, unit }: MetricTop): string {
  const shown = groups > rows.length ? `, ${formatCount(rows.length)} of them shown` : "";
  const counted = `${groups === 1 ? "1 group" : `${formatCount(groups)} groups`}${shown}`;
  return total === null ? `${counted}` : `Total ${withUnit(formatValue(total), unit)} of ${counted}`;
}

/** `41.7%`. */
function percent(share: number | null): string | undefined {
  return share === null ? undefined : `${(share * 100).toFixed(1)}%`;
}

/** The same as CSV, without the course. Shares are parts of 1 here. */
export function renderTopCsv({ rows, unit }: MetricTop, { by }: Request): string {
  return [
    csvRecord(["rank", ...by, "value", "unit", "share"]),
    ...rows.map(({ key, value, exact, share }, index) =>
      csvRecord([index + 1, ...by.map((name) => key[name]), exact ?? value, unit, share]),
    ),
  ].join("");
}
