import { checkKeys } from "./input.js";

/**
 * Options from a section of a configuration: each key under the name of its option, seconds (`..._secs`) as
 * milliseconds. Values are not checked.
 * @param names the option of each key
 * @param others keys that are allowed and that stand for no option of their own
 * @throws `invalid_argument` for an unknown key
 */
export function optionsFromSection(
  section: Readonly<Record<string, unknown>>,
  names: Readonly<Record<string, string>>,
  others: readonly string[] = [],
): Record<string, unknown> {
  checkKeys("section", section, [...Object.keys(names), ...others]);
  return Object.fromEntries(
    Object.entries(names)
      .filter(([key]) => section[key] !== undefined)
      .map(([key, option]) => {
        const value = section[key];
        return [option, key.endsWith("_secs") && typeof value === "number" ? value * 1000 : value];
      }),
  );
}
