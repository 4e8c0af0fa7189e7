import {
  type MetricDimension,
  type MetricWindow,
  WINDOW_FUNCTIONS,
  type WindowFunction,
} from "@agent-assembly/storage-core";
import { parseChoice } from "../../args/values.js";
import { UsageError } from "../../exit.js";
import { dimensionName, dimensionTitle, parseMetricDimensions } from "./dimensions.js";

/** What follows the colon: a number of buckets, which some functions need, or what values are compared with. */
const PARAMETER: Readonly<Record<WindowFunction, "size" | "optionalSize" | "partition" | "none">> = {
  movingAvg: "size",
  movingSum: "size",
  movingMin: "size",
  movingMax: "size",
  cumulativeSum: "none",
  lag: "optionalSize",
  delta: "optionalSize",
  percentChange: "optionalSize",
  rank: "partition",
  shareOfTotal: "partition",
};

/**
 * A window as the command line writes it: `movingAvg:6`, `lag`, `rank:series`, `shareOfTotal:team`.
 * @param metric whose dimensions a partition may name
 * @param groupBy those that the query groups by
 * @throws UsageError
 */
export function parseWindow(
  text: string,
  metric: string,
  groupBy: readonly MetricDimension[] | undefined,
): MetricWindow {
  const colon = text.indexOf(":");
  const name = parseChoice("--window", colon === -1 ? text : text.slice(0, colon), WINDOW_FUNCTIONS);
  const parameter = colon === -1 ? undefined : text.slice(colon + 1);
  switch (PARAMETER[name]) {
    case "none":
      if (parameter === undefined) return { function: name };
      throw new UsageError(`--window is ${JSON.stringify(text)}; allowed: ${name} alone, which takes no size`);
    case "partition":
      return parameter === undefined
        ? { function: name }
        : { function: name, partition: parsePartition(text, parameter, metric, groupBy ?? []) };
    case "size":
      return { function: name, size: parseSize(text, name, parameter ?? "") };
    case "optionalSize":
      return parameter === undefined ? { function: name } : { function: name, size: parseSize(text, name, parameter) };
  }
}

function parseSize(text: string, name: WindowFunction, size: string): number {
  if (/^\d{1,9}$/.test(size) && Number(size) > 0) return Number(size);
  throw new UsageError(
    `--window is ${JSON.stringify(text)}; allowed: ${name}, a colon and a whole number of buckets from 1 to those of the range, such as ${name}:6`,
  );
}

function parsePartition(
  text: string,
  partition: string,
  metric: string,
  groupBy: readonly MetricDimension[],
): NonNullable<MetricWindow["partition"]> {
  if (partition === "series") return "series";
  if (partition === "") {
    throw new UsageError(
      `--window is ${JSON.stringify(text)}; allowed after the colon: series, or dimensions that --group-by names, such as team`,
    );
  }
  const dimensions = parseMetricDimensions("--window", partition, metric);
  const other = dimensions.find((dimension) => !groupBy.includes(dimension));
  if (other === undefined) return dimensions;
  throw new UsageError(
    `--window is ${JSON.stringify(text)}, but --group-by does not name ${other}; groups can be compared by its dimensions only`,
  );
}

/** Results of these are of the unit of the values. */
export function windowUnit({ function: name }: MetricWindow, unit: string | undefined): string | undefined {
  if (name === "percentChange" || name === "shareOfTotal") return "%";
  return name === "rank" ? undefined : unit;
}

/** A result as numbers are shown: shares are percentages. */
export function windowValue({ function: name }: MetricWindow, value: number | null): number | null {
  return value !== null && name === "shareOfTotal" ? value * 100 : value;
}

/** The window as the command line writes it. */
export function windowText({ function: name, size, partition }: MetricWindow): string {
  const parameter = partition === undefined ? size : partitionText(partition, dimensionName);
  return parameter === undefined ? name : `${name}:${parameter}`;
}

/** Its heading: `MOVING AVG 6`, `SHARE OF TOTAL TEAM`. */
export function windowTitle({ function: name, size, partition }: MetricWindow): string {
  const parameter = partition === undefined ? size : partitionText(partition, dimensionTitle);
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2");
  return `${words}${parameter === undefined ? "" : ` ${parameter}`}`.toUpperCase();
}

function partitionText(
  partition: NonNullable<MetricWindow["partition"]>,
  nameOf: (dimension: string) => string,
): string {
  return typeof partition === "string" ? partition : partition.map(nameOf).join(",");
}
