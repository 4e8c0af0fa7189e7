import type { Sql } from "../../src/driver/pool.js";

/** A statement, and whether the role may run it. */
export interface Attempt {
  readonly statement: string;
  readonly allowed: boolean;
}

/**
 * insufficient_privilege; and wrong_object_type, object_not_in_prerequisite_state and feature_not_supported, which come first for what
 * is no table.
 */
export const DENIED: readonly string[] = ["42501", "42809", "55000", "0A000"];

/**
 * Runs statements as a role, each undone before the next one, in one transaction that is rolled back.
 * @returns the SQLSTATE each failed with, or `done`
 */
export async function attemptAs(root: Sql, role: string, statements: readonly string[]): Promise<string[]> {
  const undo = new Error("undo it");
  let answers: string[] = [];
  const running = root.begin<never>(async (sql) => {
    await sql`SELECT set_config('aasm.statements', ${JSON.stringify(statements)}, true)`;
    await sql.unsafe(`SET LOCAL ROLE ${role}`);
    await sql.unsafe(`
      DO $do$
      DECLARE
        statement text;
        answers text[] := '{}';
      BEGIN
        FOR statement IN SELECT value FROM jsonb_array_elements_text(current_setting('aasm.statements')::jsonb) LOOP
          BEGIN
            EXECUTE statement;
            RAISE EXCEPTION USING ERRCODE = 'AASM0';
          EXCEPTION WHEN OTHERS THEN
            answers := answers || CASE WHEN SQLSTATE = 'AASM0' THEN 'done' ELSE SQLSTATE END;
          END;
        END LOOP;
        PERFORM set_config('aasm.answers', to_jsonb(answers)::text, true);
      END
      $do$`);
    const [row] = await sql<{ answers: string }[]>`SELECT current_setting('aasm.answers') AS answers`;
    answers = JSON.parse(row?.answers ?? "[]") as string[];
    throw undo;
  });
  await running.catch((error: unknown) => {
    if (error !== undo) throw error;
  });
  return answers;
}
