import { didYouMean } from "@agent-assembly/storage-core/backend";
import { UsageError } from "../exit.js";

/** One of several words. @throws UsageError */
export function parseChoice<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new UsageError(
    `${option} is ${JSON.stringify(text)}; allowed: ${choices.join(", ")}.${didYouMean(text, choices)}`,
  );
}

/** `a,b,c`. @throws UsageError on an empty member */
export function parseList(option: string, text: string): string[] {
  const items = text.split(",").map((item) => item.trim());
  if (items.some((item) => item === "")) {
    throw new UsageError(
      `${option} is ${JSON.stringify(text)}; allowed: names separated by commas, none of them empty`,
    );
  }
  return items;
}
