/** What every key says of itself. */
interface About {
  /** What it does, as one sentence for the reference; Markdown. */
  readonly does: string;
  /** The variable that sets it; default: `AAASM_` and its path without `storage`, e.g. `AAASM_POSTGRES_SCHEMA`. */
  readonly variable?: string;
  /** For the reference: what a key without a default has instead, or what else decides. Markdown. */
  readonly note?: string;
  /** The value may carry credentials, and is masked wherever it is shown. */
  readonly secret?: true;
  /** Other words for it, as they would follow `AAASM_`: named in the error about a variable that does not exist. */
  readonly nearMisses?: readonly string[];
}

interface NumberKey extends About {
  /** `fraction`: above 0, up to 1. */
  readonly type: "integer" | "fraction";
  readonly min?: number;
  readonly max?: number;
  readonly default?: number;
}

interface BooleanKey extends About {
  readonly type: "boolean";
  readonly default?: boolean;
}

interface ChoiceKey extends About {
  readonly type: "choice";
  readonly values: readonly (string | boolean)[];
  readonly default?: string | boolean;
}

interface UrlKey extends About {
  readonly type: "url";
  /** Each with its colon. */
  readonly protocols: readonly string[];
  readonly default?: undefined;
}

interface TextKey extends About {
  readonly type:
    | "path"
    | "name"
    /** One of our backends, a package, or the path of a module. */
    | "backend"
    /** A package, or the path of a module. */
    | "package"
    | "schema name"
    | "prefix"
    | "interval"
    | "redis url"
    /** Five fields of cron, in UTC. */
    | "schedule";
  readonly default?: string;
  /** The section is absent, or has this key. */
  readonly required?: true;
}

/** A mapping or a list; a variable holds it as JSON. */
interface JsonKey extends About {
  readonly type: "options" | "rules" | "texts";
  readonly default?: readonly never[];
}

/** What `parseTokenKey` accepts; a variable may hold a list as JSON. */
interface TokenKeyKey extends About {
  readonly type: "token key";
  readonly secret: true;
  readonly default?: undefined;
}

/** One key of the configuration: what it holds, its default, and how it is documented. */
export type ConfigKey = NumberKey | BooleanKey | ChoiceKey | UrlKey | TextKey | JsonKey | TokenKeyKey;

/** Keys and sections, in the order in which they are documented. */
export interface ConfigSection {
  readonly [name: string]: ConfigKey | ConfigSection;
}

/** Whether it is a key; no section has a member `type` that is a text. */
export function isKey(node: ConfigKey | ConfigSection): node is ConfigKey {
  return typeof node.type === "string";
}

/** Another age or action for some of the audit events. */
export interface RetentionRuleConfig {
  readonly name: string;
  readonly team_id?: readonly string[] | undefined;
  readonly agent_id?: readonly string[] | undefined;
  readonly action?: readonly string[] | undefined;
  readonly warm_days: number | "forever";
  readonly cold_action?: "drop" | "archive" | undefined;
}

type ValueOf<Key> = Key extends { readonly values: readonly (infer Value)[] }
  ? Value
  : Key extends { readonly type: "integer" | "fraction" }
    ? number
    : Key extends { readonly type: "boolean" }
      ? boolean
      : Key extends { readonly type: "options" }
        ? Record<string, unknown>
        : Key extends { readonly type: "rules" }
          ? readonly RetentionRuleConfig[]
          : Key extends { readonly type: "texts" }
            ? readonly string[]
            : Key extends { readonly type: "token key" }
              ? string | readonly string[]
              : string;

/** A section with a required key is absent or complete; any other is always there. */
type IsOptional<Node> = Node extends { readonly type: string }
  ? Node extends { readonly default: unknown } | { readonly required: true }
    ? false
    : true
  : true extends { [Name in keyof Node]: Node[Name] extends { readonly required: true } ? true : false }[keyof Node]
    ? true
    : false;

type MemberOf<Node> = Node extends { readonly type: string } ? ValueOf<Node> : ValuesOf<Node>;

/** The values of a section: keys without a default are optional. */
export type ValuesOf<Section> = {
  [Name in keyof Section as IsOptional<Section[Name]> extends true ? never : Name]: MemberOf<Section[Name]>;
} & {
  [Name in keyof Section as IsOptional<Section[Name]> extends true ? Name : never]?:
    | MemberOf<Section[Name]>
    | undefined;
};
